using System.Text.RegularExpressions;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests;

/// <summary>Where the documents say that a test holds something, there is that test.</summary>
public sealed partial class DocumentedTestsTests
{
    [Theory]
    [InlineData("security.md", 20)]
    [InlineData("asvs.md", 60)]
    public async Task Every_test_that_a_document_names_exists(string document, int atLeast)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var tests = Path.Combine(Guides.File(".."), "tests");
        var sources = new List<string>();
        foreach (var file in Directory.EnumerateFiles(tests, "*Tests.cs", SearchOption.AllDirectories))
        {
            sources.Add(await File.ReadAllTextAsync(file, cancellation));
        }

        var named = Named().Matches(await File.ReadAllTextAsync(Guides.File(document), cancellation))
            .Select(m => (Class: m.Groups[1].Value, Method: m.Groups[2].Value)).Distinct().ToList();

        Assert.InRange(named.Count, atLeast, 1000);
        Assert.DoesNotContain(named, n => !sources.Exists(s =>
            s.Contains($"class {n.Class}", StringComparison.Ordinal) && (n.Method.Length == 0 || s.Contains($" {n.Method}(", StringComparison.Ordinal))));
    }

    [GeneratedRegex("`([A-Z][A-Za-z]+Tests)(?:\\.([A-Za-z_0-9]+))?`")]
    private static partial Regex Named();
}
