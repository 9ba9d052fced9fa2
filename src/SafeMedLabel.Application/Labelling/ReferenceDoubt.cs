using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Labelling;

/// <summary>Somebody believes that the class which came with an image is wrong: it is to be adjudicated, blind to that class and to any model.</summary>
public sealed class ReferenceDoubt
{
    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>Who doubts.</summary>
    public required string ById { get; set; }

    /// <summary>Since when, UTC.</summary>
    public DateTime AtUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ReferenceDoubt>
    {
        public void Configure(EntityTypeBuilder<ReferenceDoubt> builder)
        {
            builder.HasKey(d => d.ImageId);
            builder.HasIndex(d => d.ProjectId);
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(d => d.ImageId);
        }
    }
}
