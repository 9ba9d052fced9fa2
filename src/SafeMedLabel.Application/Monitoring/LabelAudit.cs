using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>
/// A search for labels that are probably wrong, among the experts' labels as of an instant. The row is the recipe by which it can be run again, and
/// what pages show of it.
/// </summary>
public sealed class LabelAudit
{
    /// <summary>The states in which the worker has, or will have, something to do.</summary>
    public static IReadOnlyList<LabelAuditState> ActiveStates { get; } = [LabelAuditState.Queued, LabelAuditState.Running];

    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>Where it stands.</summary>
    public LabelAuditState State { get; set; }

    /// <summary>Who started it.</summary>
    public required string RequestedById { get; set; }

    /// <summary>When it was asked for, UTC.</summary>
    public DateTime RequestedUtc { get; set; }

    /// <summary>When the worker took it up first, UTC.</summary>
    public DateTime? StartedUtc { get; set; }

    /// <summary>When it ended, UTC.</summary>
    public DateTime? FinishedUtc { get; set; }

    /// <summary>A person asked to stop it; the worker reads this.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; set; }

    /// <summary>Times that a worker took it up, but for those that stopped it in good order.</summary>
    public int Tries { get; set; }

    /// <summary>Part of it that is done, 0 to 1.</summary>
    public double Progress { get; set; }

    /// <summary>The last label event that counts.</summary>
    public long LabelSnapshot { get; set; }

    /// <summary>How several readers' answers became a label.</summary>
    public ConsensusRule Consensus { get; set; }

    /// <summary>Labels that are audited.</summary>
    public int LabelCount { get; set; }

    /// <summary>Side of the training pixels.</summary>
    public int ImageSize { get; set; }

    /// <summary>Parts of the patients that are held out in turn.</summary>
    public int Folds { get; set; }

    /// <summary>Epochs of the training without each part.</summary>
    public int Epochs { get; set; }

    /// <summary>
    /// The weights that each training begins with: never a model's, which would know the labels already, nor a file's, of which nobody knows what it has
    /// seen.
    /// </summary>
    public Beginning Beginning { get; set; }

    /// <summary>Seed of folds and trainings.</summary>
    public long Seed { get; set; }

    /// <summary>True while the worker has, or will have, something to do.</summary>
    public bool IsActive => ActiveStates.Contains(State);

    internal sealed class Configuration : IEntityTypeConfiguration<LabelAudit>
    {
        public void Configure(EntityTypeBuilder<LabelAudit> builder)
        {
            builder.HasIndex(a => a.ProjectId);
            builder.HasIndex(a => a.State);
            builder.HasOne<Project>().WithMany().HasForeignKey(a => a.ProjectId);
        }
    }
}
