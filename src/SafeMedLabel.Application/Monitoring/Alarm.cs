using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>What an alarm is about.</summary>
public enum AlarmKind
{
    /// <summary>Images of an import or a site are unlike those that the model was trained on.</summary>
    Drift,

    /// <summary>Images drawn at random show more silent failures than the project allows, beyond chance.</summary>
    SilentFailures,

    /// <summary>The file of an image is missing from the storage, or damaged there.</summary>
    LostFile,

    /// <summary>Rounds do not start by themselves: the file of weights that they would begin with cannot be used.</summary>
    LostWeights,
}

/// <summary>Something that a lead must look at. Raised once, and kept.</summary>
public sealed class Alarm
{
    /// <summary>Key; grows with time.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>What it is about.</summary>
    public AlarmKind Kind { get; set; }

    /// <summary>Names what was found, so that it is raised once; unique in a project.</summary>
    public required string Cause { get; set; }

    /// <summary>One sentence. It names no patient.</summary>
    public required string Text { get; set; }

    /// <summary>When it was raised, UTC.</summary>
    public DateTime RaisedUtc { get; set; }

    /// <summary>When somebody said that they have seen it, UTC.</summary>
    public DateTime? SeenUtc { get; set; }

    /// <summary>Who did.</summary>
    public string? SeenById { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Alarm>
    {
        public void Configure(EntityTypeBuilder<Alarm> builder)
        {
            builder.HasIndex(a => new { a.ProjectId, a.Cause }).IsUnique();
            builder.HasOne<Project>().WithMany().HasForeignKey(a => a.ProjectId);
            builder.HasOne<AppUser>().WithMany().HasForeignKey(a => a.SeenById);
        }
    }
}
