using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Gathers what a dry run meets, and says what would then be in the project.</summary>
internal sealed class ImportPlanner(ContentStore store)
{
    /// <summary>What a plan calls images whose class nobody knows.</summary>
    private const string NoClass = "no class";

    private const int ShownPairs = 100;

    private readonly List<Planned> _images = [];

    /// <summary>Patient and class of every image.</summary>
    public IReadOnlyCollection<SplitItem> Items => [.. _images.Select(i => i.Item)];

    /// <summary>Takes an image down that would go in.</summary>
    public void Add(ProjectImage image, SourceFile file) => _images.Add(new Planned(new SplitItem(image.Patient, image.ReferenceClass), image.PictureHash!.Value, file));

    /// <summary>The plan, while the source is still open.</summary>
    /// <param name="db">The project's database.</param>
    /// <param name="projectId">The project.</param>
    /// <param name="classes">Names of its classes by index.</param>
    /// <param name="splits">Of every patient, the split.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ImportPlan> PlanAsync(
        AppDbContext db, int projectId, IReadOnlyDictionary<int, string> classes, IReadOnlyDictionary<string, DataSplit> splits, CancellationToken cancellationToken)
    {
        PlannedGroup Group(string name, IEnumerable<SplitItem> items) => new(name, items.Count(), items.Select(i => i.Patient).Distinct(StringComparer.Ordinal).Count());
        var items = Items;
        return new ImportPlan(
            items.Select(i => i.Patient).Distinct(StringComparer.Ordinal).Count(),
            [.. items.GroupBy(i => i.ClassIndex ?? int.MaxValue).OrderBy(g => g.Key).Select(g => Group(classes.GetValueOrDefault(g.Key, NoClass), g))],
            [.. items.GroupBy(i => splits[i.Patient]).OrderBy(g => g.Key).Select(g => Group(g.Key.ToString(), g))],
            await PairsAsync(db, projectId, splits, cancellationToken));
    }

    private async Task<PlannedPairs> PairsAsync(AppDbContext db, int projectId, IReadOnlyDictionary<string, DataSplit> splits, CancellationToken cancellationToken)
    {
        var there = await db.Images.Where(i => i.ProjectId == projectId && i.PictureHash != null)
            .Select(i => new { i.ContentHash, i.SourcePath, i.Split, Hash = i.PictureHash!.Value }).ToListAsync(cancellationToken);
        var (pairs, areAll) = await Task.Run(
            () => NearPictures.Find(
                [.. _images.Select(i => i.Hash), .. there.Select(i => i.Hash)],
                i => i < _images.Count ? _images[i].File.Open(cancellationToken) : store.Open(there[i - _images.Count].ContentHash),
                (first, _) => first < _images.Count,
                cancellationToken),
            cancellationToken);
        var named = pairs.Select(p => new PlannedPair(Path(p.First), Path(p.Second), Side(p.First) != Side(p.Second), p.Difference)).ToList();
        return new PlannedPairs(named.Count, named.Count(p => p.IsAcross), areAll, [.. named.OrderBy(p => !p.IsAcross).Take(ShownPairs)]);

        string Path(int i) => i < _images.Count ? _images[i].File.Path : there[i - _images.Count].SourcePath;
        DataSplit Side(int i) => i < _images.Count ? splits[_images[i].Item.Patient] : ComparedImage.SideOf(there[i - _images.Count].Split);
    }

    private readonly record struct Planned(SplitItem Item, long Hash, SourceFile File);
}
