using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>What a round's model said of an image of the locked test set: what its numbers are made of.</summary>
public sealed class TestPrediction
{
    /// <summary>The round.</summary>
    public int RoundId { get; set; }

    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The class that it was held against: the reference as it was then.</summary>
    public int ReferenceClass { get; set; }

    /// <summary>Probability of each class, K single-precision floats.</summary>
    public byte[] Probabilities { get; set; } = [];

    /// <summary>Variance of the MC-Dropout passes, the safety filter's measure of uncertainty; 0 or more.</summary>
    public double Uncertainty { get; set; }

    /// <summary>How it looks to the model, <see cref="Core.Acquisition.Likeness.Length"/> numbers: look-alikes are near each other.</summary>
    public byte[] Likeness { get; set; } = [];

    /// <summary>
    /// Where the evidence for the class that the model named lies: a square map, row-major, 0 to 255. Empty where the image is not among
    /// the <see cref="RoundRunner.MostAttributed"/> surest silent failures of the round, and where an earlier version of the program measured it.
    /// </summary>
    public byte[] Attribution { get; set; } = [];

    /// <summary>The probabilities as bytes.</summary>
    public static byte[] Pack(ReadOnlySpan<double> probabilities)
    {
        var floats = new float[probabilities.Length];
        for (var k = 0; k < floats.Length; k++)
        {
            floats[k] = (float)probabilities[k];
        }

        return MemoryMarshal.AsBytes<float>(floats).ToArray();
    }

    /// <summary>The bytes as probabilities.</summary>
    public static ReadOnlySpan<float> Unpack(byte[] probabilities) => MemoryMarshal.Cast<byte, float>(probabilities);

    internal sealed class Configuration : IEntityTypeConfiguration<TestPrediction>
    {
        public void Configure(EntityTypeBuilder<TestPrediction> builder)
        {
            builder.HasKey(p => new { p.RoundId, p.ImageId });
            builder.HasOne<Round>().WithMany().HasForeignKey(p => p.RoundId);
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(p => p.ImageId);
        }
    }
}
