namespace SafeMedLabel.Application.Accounts;

/// <summary>Which key stands for what on the reading pages: the usual ones, but for those that a reader has changed.</summary>
public sealed class ReadingKeys
{
    /// <summary>Classes that have a key.</summary>
    public const int Classes = 9;

    private readonly Dictionary<string, string> _keys;

    /// <summary>The usual keys, but for <paramref name="changed"/>.</summary>
    public ReadingKeys(IReadOnlyDictionary<string, string> changed)
    {
        _keys = new(Default);
        foreach (var (command, key) in changed.Where(c => Default.ContainsKey(c.Key)))
        {
            _keys[command] = key;
        }
    }

    /// <summary>The usual keys, by command.</summary>
    public static IReadOnlyDictionary<string, string> Default { get; } = Enumerable.Range(1, Classes)
        .Select(n => KeyValuePair.Create($"class{n}", $"{n}"))
        .Concat([new("skip", "space"), new("unreadable", "f"), new("neighbours", "n"), new("why", "w"), new("model", "m"), new("grid", "g"), new("help", "?")])
        .ToDictionary();

    /// <summary>All commands with their keys.</summary>
    public IReadOnlyDictionary<string, string> All => _keys;

    /// <summary>The key of a command, in lower case.</summary>
    public string this[string command] => _keys[command];

    /// <summary>The key of a class, 0-based.</summary>
    public string OfClass(int index) => index < Classes ? _keys[$"class{index + 1}"] : "";

    /// <summary>As it stands on a key.</summary>
    public static string Display(string key) => key.Length == 1 ? key.ToUpperInvariant() : $"{char.ToUpperInvariant(key[0])}{key[1..]}";

    /// <summary>What makes these keys unusable, as a sentence; null when all is well. The viewer has '+', '−', '=' and '0' for itself.</summary>
    public string? Problem()
    {
        if (_keys.Values.FirstOrDefault(key => key is not "space" && (key.Length != 1 || "+-=0 ".Contains(key, StringComparison.Ordinal) || char.IsControl(key[0]))) is { } unfit)
        {
            return $"'{unfit}' cannot be a key: it is one letter, digit or sign, but not + − = 0, or 'space'.";
        }

        return _keys.GroupBy(k => k.Value).FirstOrDefault(g => g.Count() > 1) is { } twice ? $"The key {Display(twice.Key)} stands for two things." : null;
    }
}
