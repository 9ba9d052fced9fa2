using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>
/// Holds each import and each site against the data that the active model was trained on, or without one the first import: a model knows nothing
/// of a stain or a camera that it has not seen, and its confidence does not say so.
/// </summary>
public sealed class DriftService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>A project's imports, the newest first, and then its sites by name; a site that is a single import, and all of it, is no group of its own.</summary>
    public async Task<IReadOnlyList<DriftGroup>> ReadAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var imports = await db.Imports.AsNoTracking().Where(i => i.ProjectId == projectId && i.State == ImportState.Completed && i.Added > 0)
            .OrderByDescending(i => i.Id).ToListAsync(cancellationToken);
        if (imports.Count == 0)
        {
            return [];
        }

        var trainedOn = await TrainedOnAsync(db, projectId, imports, cancellationToken);
        var patients = await PatientsAsync(db, projectId, cancellationToken);
        bool Is(PatientMeans patient, string site) => string.Equals(patient.Site, site, StringComparison.OrdinalIgnoreCase);
        var sites = patients.Select(p => p.Site).OfType<string>().Order(StringComparer.Ordinal).Distinct(StringComparer.OrdinalIgnoreCase)
            .Where(s => !imports.Exists(i => patients.All(p => Is(p, s) == (p.ImportId == i.Id)))).Order(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. imports.Select(i => Group(i.Id, i.SourceName, i.Site, p => p.ImportId == i.Id, trainedOn, patients)),
            .. sites.Select(s => Group(null, s, null, p => Is(p, s), trainedOn, patients)),
        ];
    }

    private static DriftGroup Group(
        int? importId, string name, string? site, Func<PatientMeans, bool> isMember, HashSet<int> trainedOn, IReadOnlyList<PatientMeans> patients)
    {
        var own = patients.Where(isMember).ToList();
        var reference = patients.Where(p => p.IsTraining && trainedOn.Contains(p.ImportId) && !isMember(p)).ToList();
        return new DriftGroup(
            importId, name, site, own.Sum(p => p.Images), own.Select(p => p.Patient).Distinct(StringComparer.Ordinal).Count(), own.Sum(p => p.Images - p.Measured),
            DriftFinding.Compare(quantity => Of(reference, quantity), quantity => Of(own, quantity)));
    }

    private static double[] Of(IEnumerable<PatientMeans> patients, DriftQuantity quantity) => [.. patients.Select(p => p.Of(quantity)).OfType<double>()];

    /// <summary>Imports that were complete when the active model's round began; without one, the first.</summary>
    private static async Task<HashSet<int>> TrainedOnAsync(AppDbContext db, int projectId, List<DatasetImport> imports, CancellationToken cancellationToken)
    {
        var started = await db.Rounds.Where(r => db.Projects.Any(p => p.Id == projectId && p.ActiveRoundId == r.Id)).Select(r => r.StartedUtc).FirstOrDefaultAsync(cancellationToken);
        return started is null ? [imports[^1].Id] : [.. imports.Where(i => i.FinishedUtc <= started).Select(i => i.Id)];
    }

    private static async Task<IReadOnlyList<PatientMeans>> PatientsAsync(AppDbContext db, int projectId, CancellationToken cancellationToken)
    {
        var colours = await db.Images.Where(i => i.ProjectId == projectId)
            .GroupBy(i => new { i.ImportId, i.Site, i.Patient, IsTraining = i.Split == DataSplit.Training || i.Split == DataSplit.Gold })
            .Select(g => new
            {
                g.Key,
                Images = g.Count(),
                Measured = g.Count(i => i.Colour != null),
                Red = g.Average(i => i.Colour != null ? i.Colour.Red : (double?)null),
                Green = g.Average(i => i.Colour != null ? i.Colour.Green : (double?)null),
                Blue = g.Average(i => i.Colour != null ? i.Colour.Blue : (double?)null),
                Contrast = g.Average(i => i.Colour != null ? i.Colour.Contrast : (double?)null),
            }).ToListAsync(cancellationToken);
        var doubts = await (from opinion in db.ModelOpinions
                            join image in db.Images on opinion.ImageId equals image.Id
                            where opinion.ProjectId == projectId
                            group opinion by new { image.ImportId, image.Site, image.Patient } into g
                            select new { g.Key, Doubt = 1 - g.Average(o => o.Probability) }).ToDictionaryAsync(g => (g.Key.ImportId, (string?)g.Key.Site, g.Key.Patient), g => g.Doubt, cancellationToken);
        return
        [
            .. colours.Select(c => new PatientMeans(
                c.Key.ImportId, c.Key.Site, c.Key.Patient, c.Key.IsTraining, c.Images, c.Measured,
                c.Measured == 0 ? null : new ImageColour(c.Red!.Value, c.Green!.Value, c.Blue!.Value, c.Contrast!.Value),
                c.Key.IsTraining && doubts.TryGetValue((c.Key.ImportId, c.Key.Site, c.Key.Patient), out var doubt) ? doubt : null)),
        ];
    }

    /// <summary>A patient's images of one site in one import.</summary>
    private sealed record PatientMeans(
        int ImportId, string? Site, string Patient, bool IsTraining, int Images, int Measured, ImageColour? Colour, double? Uncertainty)
    {
        public double? Of(DriftQuantity quantity) => quantity == DriftQuantity.Uncertainty ? Uncertainty : Colour is null ? null : quantity.Of(Colour);
    }
}
