using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests;

/// <summary>The reference of all settings is made of the classes that hold them.</summary>
public sealed partial class ConfigurationReferenceTests
{
    private const string Begin = """
        # Settings

        In `appsettings.json` beside the program, or as environment variables with two underscores between section and name, as `Storage__Root=/var/lib/safemedlabel`.
        A setting that cannot be ends the start with a sentence that names it. `Urls` says where the server listens (`http://localhost:5080`), `AllowedHosts` by
        which names (`*`: by any; name yours, parted by semicolons, so that no other name stands in an address that the server gives), and `Serilog` what is logged
        ([its own documentation](https://github.com/serilog/serilog-settings-configuration)). What belongs to a project is set on its page *Settings*.

        This page is made of the program's own descriptions by a test: `SAFEMED_UPDATE_DOCS=1 dotnet test --project tests/SafeMedLabel.Web.Tests`.

        """;

    [Fact]
    public async Task The_reference_of_settings_says_what_the_program_says_of_them()
    {
        var path = Guides.File("configuration.md");
        var made = Make();
        if (Environment.GetEnvironmentVariable("SAFEMED_UPDATE_DOCS") is { Length: > 0 })
        {
            await File.WriteAllTextAsync(path, made, TestContext.Current.CancellationToken);
        }

        Assert.Equal(made, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    private static string Make()
    {
        var text = new StringBuilder(Begin);
        foreach (var options in new[] { typeof(StorageOptions).Assembly, typeof(Program).Assembly }.SelectMany(a => a.GetTypes()).Where(t => t.GetField("Section") is not null).OrderBy(SectionOf, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {SectionOf(options)}\n\n{Summary(options, $"T:{options.FullName}")}\n\n| setting | usually | what it is |\n|---|---|---|\n");
            var usual = Activator.CreateInstance(options);
            foreach (var property in options.GetProperties().Where(p => p.SetMethod is not null))
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{SectionOf(options)}:{property.Name}` | {Show(property.GetValue(usual))} | {Summary(options, $"P:{options.FullName}.{property.Name}")} |\n");
            }
        }

        return text.ToString();
    }

    private static string SectionOf(Type options) => (string)options.GetField("Section")!.GetRawConstantValue()!;

    private static string Show(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "`true`" : "`false`",
        _ => string.Create(CultureInfo.InvariantCulture, $"`{value}`"),
    };

    private static string Summary(Type of, string member)
    {
        var summary = XDocument.Load(Path.ChangeExtension(of.Assembly.Location, ".xml")).Descendants("member").Single(m => (string?)m.Attribute("name") == member).Element("summary")!;
        foreach (var code in summary.Descendants("c").ToList())
        {
            code.ReplaceWith($"`{code.Value}`");
        }

        foreach (var reference in summary.Descendants("see").ToList())
        {
            reference.ReplaceWith($"`{((string)reference.Attribute("cref")!).Split('.')[^1]}`");
        }

        return Spaces().Replace(summary.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
