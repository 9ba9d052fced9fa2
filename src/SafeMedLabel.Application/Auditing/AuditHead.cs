using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Auditing;

/// <summary>Where the trail ends, in one row: without it nobody would miss the last entries.</summary>
public sealed class AuditHead
{
    /// <summary>Key of the only row.</summary>
    public const int OnlyId = 1;

    /// <summary>Key.</summary>
    public int Id { get; set; } = OnlyId;

    /// <summary>Number of the last entry.</summary>
    public long LastId { get; set; }

    /// <summary>Its seal.</summary>
    public byte[] Last { get; set; } = [];

    /// <summary>Seal of this row.</summary>
    public byte[] Seal { get; set; } = [];

    internal sealed class Configuration : IEntityTypeConfiguration<AuditHead>
    {
        public void Configure(EntityTypeBuilder<AuditHead> builder) => builder.Property(h => h.Id).ValueGeneratedNever();
    }
}
