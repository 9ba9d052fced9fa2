using System.Runtime.CompilerServices;

namespace SafeMedLabel.Testing;

/// <summary>The project's own documents, which tests hold to what they say.</summary>
public static class Guides
{
    /// <summary>Full path of a file below <c>docs</c>, which need not exist.</summary>
    public static string File(string relativePath) => Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "docs", relativePath);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
