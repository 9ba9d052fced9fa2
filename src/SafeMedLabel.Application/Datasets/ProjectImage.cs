using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>One image of a project. Its bytes lie in the content store under <see cref="ContentHash"/>.</summary>
public sealed class ProjectImage
{
    /// <summary>The rank of an image that no round has scored.</summary>
    public const int Unranked = int.MaxValue;

    /// <summary>Longest name of a patient.</summary>
    public const int MaxPatient = 200;

    /// <summary>What can be a <see cref="Patient"/>.</summary>
    public static TextRule PatientRule { get; } = new("A patient's name", MaxPatient);

    /// <summary>Random key: it is seen in addresses, and an ordered one would give the class away.</summary>
    public Guid Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>The import that brought it.</summary>
    public int ImportId { get; set; }

    /// <summary>SHA-256 of the file, 64 lower-case hex digits; unique in a project.</summary>
    public required string ContentHash { get; set; }

    /// <summary>Path inside the imported folder or archive. It holds the class: never shown to a reader.</summary>
    public required string SourcePath { get; set; }

    /// <summary>The patient, from the file's name; all of a patient's images share a split.</summary>
    public required string Patient { get; set; }

    /// <summary>Where it was taken, by the manifest or by who imported it; null where nobody said.</summary>
    public string? Site { get; set; }

    /// <summary>Which part of the data it belongs to.</summary>
    public DataSplit Split { get; set; }

    /// <summary>The known class, kept aside for the locked test and for simulation; null where none is known.</summary>
    public int? ReferenceClass { get; set; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; set; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; set; }

    /// <summary>What stain and camera made of it; null where an earlier version of the program imported it.</summary>
    public ImageColour? Colour { get; set; }

    /// <summary>The <see cref="PerceptualHash"/> of its picture; null where an earlier version of the program imported it.</summary>
    public long? PictureHash { get; set; }

    /// <summary>0-based place in the queue by the latest scoring, or <see cref="Unranked"/>.</summary>
    public int QueueRank { get; set; } = Unranked;

    /// <summary>The acquisition score behind the rank; null before the first scoring.</summary>
    public double? AcquisitionScore { get; set; }

    /// <summary>How many readers' answers are wanted; see <see cref="Project.ReadingsPerImage"/>.</summary>
    public int ReadingsWanted { get; set; } = 1;

    /// <summary>So many at least are wanted whatever the plan says, because somebody asked for another reading; 0 where nobody did.</summary>
    public int ReadingsAsked { get; set; }

    /// <summary>How many readers' answers stand. A skip is none.</summary>
    public int ReadingsGiven { get; set; }

    /// <summary>Those and the readers who hold it now.</summary>
    public int ReadingsTaken { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ProjectImage>
    {
        private const string Open = """
            "Split" = 'Training' AND "ReadingsTaken" < "ReadingsWanted"
            """;

        private const string Asked = """
            "Split" = 'Training' AND "ReadingsAsked" > "ReadingsTaken"
            """;

        public void Configure(EntityTypeBuilder<ProjectImage> builder)
        {
            builder.Property(i => i.Id).ValueGeneratedNever();
            builder.Property(i => i.ContentHash).HasMaxLength(64);
            builder.Property(i => i.Patient).HasMaxLength(MaxPatient);
            builder.Property(i => i.Site).HasMaxLength(DatasetImport.MaxSite);
            builder.ComplexProperty(i => i.Colour);
            builder.HasIndex(i => new { i.ProjectId, i.ContentHash }).IsUnique();
            builder.HasIndex(i => new { i.ProjectId, i.Split });
            // The queue's two orders, of what is still to be given out: one seek finds the next image, however many have been read.
            builder.HasIndex(i => new { i.ProjectId, i.ReadingsTaken, i.QueueRank, i.ContentHash }, "IX_Images_Queue").HasFilter(Open);
            builder.HasIndex(i => new { i.ProjectId, i.ContentHash }, "IX_Images_Audit").HasFilter(Open);
            // What somebody asked another reading of, which comes before all else.
            builder.HasIndex(i => new { i.ProjectId, i.QueueRank, i.ContentHash }, "IX_Images_Asked").HasFilter(Asked);
            // A patient's other images.
            builder.HasIndex(i => new { i.ProjectId, i.Patient, i.ContentHash });
            builder.HasOne<Project>().WithMany().HasForeignKey(i => i.ProjectId);
            builder.HasOne<DatasetImport>().WithMany().HasForeignKey(i => i.ImportId);
        }
    }
}
