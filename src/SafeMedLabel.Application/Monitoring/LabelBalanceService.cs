using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Counts a project's labels by class and by patient.</summary>
public sealed class LabelBalanceService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>The labels as they are now; null where there is no such project.</summary>
    public async Task<LabelBalance?> ReadAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var project = await db.Projects.AsNoTracking().Include(p => p.Classes).FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken);
        if (project is null)
        {
            return null;
        }

        var patientOf = await db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training).ToDictionaryAsync(i => i.Id, i => i.Patient, cancellationToken);
        var snapshot = await LabelSnapshot.ReadAsync(db, projectId, long.MaxValue, project.Consensus, cancellationToken);
        var labels = snapshot.Labels.Where(label => patientOf.ContainsKey(label.Key)).Select(label => (Patient: patientOf[label.Key], Class: label.Value)).ToList();
        var labelsOf = labels.CountBy(label => label.Patient, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return new LabelBalance(
            [.. project.Classes.OrderBy(c => c.Index).Select(c =>
                new ClassLabels(c.Name, labels.Count(l => l.Class == c.Index), labels.Where(l => l.Class == c.Index).Select(l => l.Patient).Distinct(StringComparer.Ordinal).Count()))],
            [.. patientOf.Values.CountBy(patient => patient, StringComparer.Ordinal)
                .Select(p => new PatientLabels(p.Key, p.Value, labelsOf.GetValueOrDefault(p.Key)))
                .OrderBy(p => (double)p.Labels / p.Images).ThenByDescending(p => p.Images).ThenBy(p => p.Patient, StringComparer.Ordinal)]);
    }
}
