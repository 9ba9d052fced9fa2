using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A file that an import did not take or is not sure of, and why.</summary>
public sealed class ImportIssue
{
    /// <summary>Key.</summary>
    public long Id { get; set; }

    /// <summary>The import.</summary>
    public int ImportId { get; set; }

    /// <summary>Path inside the source.</summary>
    public required string Path { get; set; }

    /// <summary>True where the same picture is under another class; false where the file was left out.</summary>
    public bool IsConflict { get; set; }

    /// <summary>One sentence.</summary>
    public required string Reason { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ImportIssue>
    {
        public void Configure(EntityTypeBuilder<ImportIssue> builder)
        {
            builder.HasIndex(i => i.ImportId);
            builder.HasOne<DatasetImport>().WithMany().HasForeignKey(i => i.ImportId);
        }
    }
}
