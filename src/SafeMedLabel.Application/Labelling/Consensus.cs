namespace SafeMedLabel.Application.Labelling;

/// <summary>What several readers' answers come to.</summary>
public static class Consensus
{
    /// <summary>An image's label: what was decided of it (null: that it cannot be read), or else what its readers agree on.</summary>
    public static int? Of(Guid imageId, IReadOnlyCollection<int> classes, IReadOnlyDictionary<Guid, int?> decisions) =>
        decisions.TryGetValue(imageId, out var decided) ? decided : Of(classes);

    /// <summary>The class that more than half of the readers chose; null where none has that, and an adjudicator must say.</summary>
    public static int? Of(IReadOnlyCollection<int> classes)
    {
        var most = classes.GroupBy(c => c).MaxBy(group => group.Count());
        return most is not null && 2 * most.Count() > classes.Count ? most.Key : null;
    }
}
