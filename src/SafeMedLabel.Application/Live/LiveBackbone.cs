using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Live;

/// <summary>The backbone whose features a project's live ranking reads.</summary>
/// <param name="Hash">SHA-256 of its weights.</param>
/// <param name="ModelPath">The model's file; null for the weights that come with the program.</param>
/// <param name="ImageSize">Side in pixels of the images that it looks at.</param>
/// <param name="Round">Number of the model's round; null where it is of none.</param>
internal sealed record LiveBackbone(string Hash, string? ModelPath, int ImageSize, int? Round)
{
    /// <summary>The active model's, or before there is one that of the weights that come with the program.</summary>
    /// <exception cref="RoundException">The active model is not the one that its round made.</exception>
    public static async Task<LiveBackbone> OfAsync(AppDbContext db, Project project, StorageOptions storage, ILiveLearner learner, CancellationToken cancellationToken)
    {
        var active = await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == project.ActiveRoundId, cancellationToken);
        if (active is null)
        {
            return new LiveBackbone(learner.FirstBackbone, null, project.ImageSize, null);
        }

        return await ModelSeal.ProblemAsync(storage, active, cancellationToken) is { } problem
            ? throw new RoundException(problem)
            : new LiveBackbone(active.ModelHash!, Path.Combine(storage.ProjectFolder(project.Id), active.ModelFile!), active.ImageSize, active.Number);
    }

    /// <summary>The file of what it saw in a project's images.</summary>
    public FeatureFile FileOf(int projectId, StorageOptions storage) => new(storage.ProjectFolder(projectId), ImageSize, Hash);
}
