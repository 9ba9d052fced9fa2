using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Gathers what a dry run meets, and says what would then be in the project.</summary>
/// <param name="source">The source, which is open until there is a plan.</param>
/// <param name="store">What is in the project.</param>
internal sealed class ImportPlanner(DatasetSource source, ContentStore store)
{
    /// <summary>What a plan calls images whose class nobody knows.</summary>
    private const string NoClass = "no class";

    private const int ShownPairs = 100;

    private readonly Lock _finding = new();
    private readonly Dictionary<(string Patient, int? ClassIndex), int> _counts = [];
    private readonly Dictionary<string, string> _patients = new(StringComparer.Ordinal);
    private readonly List<(long File, long Hash, string Patient)> _images = [];

    /// <summary>The images, by patient and class.</summary>
    public IReadOnlyCollection<SplitItem> Items => [.. _counts.Select(c => new SplitItem(c.Key.Patient, c.Key.ClassIndex, c.Value))];

    /// <summary>Takes an image down that would go in.</summary>
    public void Add(ProjectImage image, SourceFile file)
    {
        // All images of a patient hold one name, not each its own copy.
        ref var patient = ref CollectionsMarshal.GetValueRefOrAddDefault(_patients, image.Patient, out _);
        patient ??= image.Patient;
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, (patient, image.ReferenceClass), out _)++;
        _images.Add((file.Id, image.PictureHash!.Value, patient));
    }

    /// <summary>The plan.</summary>
    /// <param name="db">The project's database.</param>
    /// <param name="projectId">The project.</param>
    /// <param name="classes">Names of its classes by index.</param>
    /// <param name="splits">Of every patient, the split.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ImportPlan> PlanAsync(
        AppDbContext db, int projectId, IReadOnlyDictionary<int, string> classes, IReadOnlyDictionary<string, DataSplit> splits, CancellationToken cancellationToken)
    {
        PlannedGroup Group(string name, IEnumerable<SplitItem> items) => new(name, items.Sum(i => i.Images), items.Select(i => i.Patient).Distinct(StringComparer.Ordinal).Count());
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
                i => i < _images.Count ? File(i).Open(cancellationToken) : store.Open(there[i - _images.Count].ContentHash),
                (first, _) => first < _images.Count,
                cancellationToken),
            cancellationToken);
        var named = pairs.Select(p => new PlannedPair(Path(p.First), Path(p.Second), Side(p.First) != Side(p.Second), p.Difference)).ToList();
        return new PlannedPairs(named.Count, named.Count(p => p.IsAcross), areAll, [.. named.OrderBy(p => !p.IsAcross).Take(ShownPairs)]);

        string Path(int i) => i < _images.Count ? File(i).Path : there[i - _images.Count].SourcePath;
        DataSplit Side(int i) => i < _images.Count ? splits[_images[i].Patient] : ComparedImage.SideOf(there[i - _images.Count].Split);
    }

    /// <summary>Asked for by several threads.</summary>
    private SourceFile File(int i)
    {
        lock (_finding)
        {
            return source.Catalogue.File(_images[i].File);
        }
    }
}
