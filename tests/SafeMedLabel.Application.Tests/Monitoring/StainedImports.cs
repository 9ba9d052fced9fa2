using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

/// <summary>Imports of three images a patient, whose colours are known: patients differ a little, each in another way.</summary>
internal sealed class StainedImports(Workplace workplace)
{
    private int _patients;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Adds a completed import and returns its key.</summary>
    public async Task<int> AddAsync(int patients, double green = 0.6, string? site = null, DataSplit split = DataSplit.Training)
    {
        var images = new List<Guid>();
        for (var i = 0; i < patients; i++)
        {
            images.AddRange(await workplace.AddImagesAsync(3, split, $"P{_patients++:00}"));
        }

        workplace.Time.Advance(TimeSpan.FromHours(1));
        await using var db = workplace.Open();
        var rows = await db.Images.Where(i => images.Contains(i.Id)).ToListAsync(Cancellation);
        var last = rows.Max(r => r.ImportId);
        var import = await db.Imports.SingleAsync(i => i.Id == last, Cancellation);
        (import.Added, import.Site, import.FinishedUtc) = (rows.Count, site, workplace.Time.GetUtcNow().UtcDateTime);
        foreach (var row in rows)
        {
            var patient = int.Parse(row.Patient[1..], System.Globalization.CultureInfo.InvariantCulture);
            (row.ImportId, row.Site) = (import.Id, site);
            row.Colour = new ImageColour(0.7 + Wiggle(patient, 3), green + Wiggle(patient, 5), 0.65 + Wiggle(patient, 7), 0.15 + Wiggle(patient, 11));
        }

        await db.SaveChangesAsync(Cancellation);
        return import.Id;
    }

    private static double Wiggle(int patient, int step) => 0.02 * Math.Sin(step * (patient + 1));
}
