using System.Text.Json;
using System.Text.RegularExpressions;
using SafeMedLabel.Application.Auditing;

namespace SafeMedLabel.Web.Model;

/// <summary>Entries of the audit trail in words.</summary>
internal static partial class AuditText
{
    /// <summary>An action, as 'Answer taken back'.</summary>
    public static string Name(AuditAction action)
    {
        var words = WordStart().Replace(action.ToString(), " $0").ToLowerInvariant();
        return $"{char.ToUpperInvariant(words[0])}{words[1..]}".Replace("Api key", "API key", StringComparison.Ordinal);
    }

    /// <summary>Old or new values, as 'Epochs 12, ImageSize 64'; what is empty is left out.</summary>
    public static string Values(string? json)
    {
        if (json is null)
        {
            return "";
        }

        using var values = JsonDocument.Parse(json);
        return string.Join(", ", values.RootElement.EnumerateObject().Where(v => v.Value.ValueKind is not JsonValueKind.Null).Select(v => $"{v.Name} {v.Value}"));
    }

    [GeneratedRegex("(?<=[a-z])[A-Z]")]
    private static partial Regex WordStart();
}
