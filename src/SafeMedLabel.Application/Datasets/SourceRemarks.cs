using System.Globalization;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What of a manifest or of folders was taken otherwise than it is written: nothing of it is left out, but whoever imports should know.</summary>
internal sealed class SourceRemarks
{
    /// <summary>What programs write where nothing is known: pandas, R, databases and spreadsheets.</summary>
    private static readonly HashSet<string> Nothing = new(StringComparer.OrdinalIgnoreCase) { "nan", "none", "null", "n/a", "<na>", "#n/a", "-" };

    private const int Most = 100;
    private const int ShownName = 60;

    private readonly Dictionary<string, string> _classes = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private int _others;

    /// <summary>The first hundred as sentences, each once, with how often it was so; then how often there was something else.</summary>
    public IReadOnlyList<string> Sentences =>
    [
        .. _counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}{(c.Value == 1 ? "" : $", {c.Value:n0} times")}.")),
        .. _others > 0 ? (string[])[string.Create(CultureInfo.InvariantCulture, $"And {_others:n0} times something else.")] : [],
    ];

    /// <summary>A name as a sentence can show it, whatever a stranger's file holds.</summary>
    public static string Shown(string name) => $"'{TextRule.Shown(name, ShownName)}'";

    /// <summary>Makes names of classes known before any is asked for: of several that differ only in capital letters the first is kept.</summary>
    public void Know(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            _classes.TryAdd(name, name);
        }
    }

    /// <summary>A name, or null where it is what programs write for nothing and no class is known to be called so.</summary>
    /// <param name="name">The name; null where none is written.</param>
    /// <param name="what">What it names: 'label'.</param>
    public string? NameOrNothing(string? name, string what)
    {
        if (name is null || !Nothing.Contains(name) || _classes.ContainsKey(name))
        {
            return name;
        }

        Say($"{Shown(name)} was taken for no {what}");
        return null;
    }

    /// <summary>A class as it was written first: names that differ only in capital letters are one class.</summary>
    public string? Class(string? name)
    {
        if (name is null || _classes.TryAdd(name, name) || _classes[name] == name)
        {
            return name;
        }

        Say($"{Shown(name)} was taken for the class {Shown(_classes[name])}");
        return _classes[name];
    }

    /// <summary>Says what was so once more, as a sentence without its full stop.</summary>
    public void Say(string remark)
    {
        if (_counts.Count < Most || _counts.ContainsKey(remark))
        {
            _counts[remark] = _counts.GetValueOrDefault(remark) + 1;
        }
        else
        {
            _others++;
        }
    }
}
