using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>
/// How many independent readings each image of a pool gets: as many as the project asks for, a second for the most uncertain, and
/// another where somebody asked for one.
/// </summary>
internal static class ReadingPlan
{
    /// <summary>Sets <see cref="ProjectImage.ReadingsWanted"/> of a project's images as its settings and their ranks have it.</summary>
    public static async Task ApplyAsync(AppDbContext db, int projectId, CancellationToken cancellationToken)
    {
        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == projectId, cancellationToken);
        var pool = db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training);
        var all = project.ReadingsPerImage;
        await pool.Where(i => i.ReadingsWanted != Math.Max(all, i.ReadingsAsked))
            .ExecuteUpdateAsync(set => set.SetProperty(i => i.ReadingsWanted, i => Math.Max(all, i.ReadingsAsked)), cancellationToken);
        if (all == 1 && project.SecondReadingFraction > 0)
        {
            var ranked = await pool.CountAsync(i => i.QueueRank != ProjectImage.Unranked, cancellationToken);
            var second = (int)Math.Ceiling(project.SecondReadingFraction * ranked);
            await pool.Where(i => i.QueueRank < second && i.ReadingsWanted < 2).ExecuteUpdateAsync(set => set.SetProperty(i => i.ReadingsWanted, 2), cancellationToken);
        }
    }
}
