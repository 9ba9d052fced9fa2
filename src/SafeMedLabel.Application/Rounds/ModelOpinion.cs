using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// What the round that ranks the queue says of an image of the pool: the mean of its MC-Dropout passes and how far they scatter. Shown to no
/// reader before they have answered, but where a class is proposed for a grid.
/// </summary>
public sealed class ModelOpinion
{
    /// <summary>The image; each has one opinion, the latest round's.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>The round.</summary>
    public int RoundId { get; set; }

    /// <summary>The class with the highest mean probability.</summary>
    public int ClassIndex { get; set; }

    /// <summary>Its mean probability over the passes.</summary>
    public double Probability { get; set; }

    /// <summary>Its probability in each pass, in 255ths.</summary>
    public byte[] Passes { get; set; } = [];

    /// <summary>What it looks like to the model; see <see cref="Core.Acquisition.Likeness"/>. Empty where an earlier version of the program read it.</summary>
    public byte[] Likeness { get; set; } = [];

    /// <summary>An image's opinion from its passes and its likeness.</summary>
    public static ModelOpinion From(Guid imageId, Round round, in StochasticPasses passes, ReadOnlySpan<byte> likeness)
    {
        var mean = new double[passes.Classes];
        passes.Mean(mean);
        var most = mean.Index().MaxBy(p => p.Item).Index;
        var own = new byte[passes.Passes];
        for (var t = 0; t < own.Length; t++)
        {
            own[t] = (byte)Math.Round(255 * Math.Clamp(passes.Probability(t, most), 0, 1));
        }

        return new ModelOpinion { ImageId = imageId, ProjectId = round.ProjectId, RoundId = round.Id, ClassIndex = most, Probability = mean[most], Passes = own, Likeness = likeness.ToArray() };
    }

    internal sealed class Configuration : IEntityTypeConfiguration<ModelOpinion>
    {
        public void Configure(EntityTypeBuilder<ModelOpinion> builder)
        {
            builder.HasKey(o => o.ImageId);
            builder.Property(o => o.ImageId).ValueGeneratedNever();
            // A grid's images: of one class, the surest first.
            builder.HasIndex(o => new { o.ProjectId, o.ClassIndex, o.Probability });
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(o => o.ImageId);
        }
    }
}
