using System.Text.Json;

namespace SafeMedLabel.Application.Exports;

/// <summary>How words of the program are written outside of it.</summary>
internal static class ExportText
{
    /// <summary>In lower case, their parts joined by underscores: 'second_reading'.</summary>
    public static string Of<T>(T word)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString());
}
