using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Auditing;

/// <summary>
/// One thing that somebody did. Entries are numbered without a gap, and each is sealed together with the one before it: none can be changed, taken
/// out or put in between without <see cref="AuditSeal"/>'s key.
/// </summary>
public sealed class AuditEntry
{
    /// <summary>Longest <see cref="Subject"/>.</summary>
    public const int MaxSubject = 300;

    /// <summary>Its number, from 1.</summary>
    public long Id { get; set; }

    /// <summary>When, UTC, in whole microseconds, which every database keeps. Entries of the first rule have 100-nanosecond ticks.</summary>
    public DateTime AtUtc { get; set; }

    /// <summary>Key of the account that did it, or what else did; null for the program itself.</summary>
    public string? ActorId { get; set; }

    /// <summary>What was done.</summary>
    public AuditAction Action { get; set; }

    /// <summary>The project; null where it concerns none.</summary>
    public int? ProjectId { get; set; }

    /// <summary>What it was done to, as 'image …', 'account …' or 'round 3'.</summary>
    public required string Subject { get; set; }

    /// <summary>What was there before, as a JSON object; null where nothing was.</summary>
    public string? Before { get; set; }

    /// <summary>What is there now, as a JSON object; null where nothing is.</summary>
    public string? After { get; set; }

    /// <summary>Seal of the entry before; empty for the first.</summary>
    public byte[] Previous { get; set; } = [];

    /// <summary>The rule by which it is sealed: 1, or <see cref="AuditSeal.CurrentVersion"/>.</summary>
    public int SealVersion { get; set; }

    /// <summary>Seal of this entry.</summary>
    public byte[] Seal { get; set; } = [];

    internal sealed class Configuration : IEntityTypeConfiguration<AuditEntry>
    {
        public void Configure(EntityTypeBuilder<AuditEntry> builder)
        {
            builder.Property(e => e.Id).ValueGeneratedNever();
            builder.Property(e => e.Subject).HasMaxLength(MaxSubject);
            builder.HasIndex(e => new { e.ProjectId, e.Id });
            builder.HasIndex(e => new { e.ActorId, e.Id });
            builder.HasIndex(e => new { e.Action, e.Id });
        }
    }
}
