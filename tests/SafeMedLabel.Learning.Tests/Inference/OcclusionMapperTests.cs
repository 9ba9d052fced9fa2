using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;

namespace SafeMedLabel.Learning.Tests.Inference;

public sealed class OcclusionMapperTests : IDisposable
{
    private readonly PixelStore _pixels = Cells.Draw(72);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _pixels.Dispose();

    [Fact]
    public void The_evidence_for_a_dot_lies_where_the_dot_is()
    {
        var options = TrainingMethod.Parse("supervised", new TrainingOptions { Seed = 1, Epochs = 4, MinimumSteps = 10, BatchSize = 16, LearningRate = 0.01 });
        using var network = new Trainer(options, Cells.Data(_pixels, 48, 0)).Train(cancellationToken: Cancellation);
        using var mapper = new OcclusionMapper(network, _pixels);
        int[] dotted = [.. Enumerable.Range(0, 72).Where(i => Cells.ClassOf(i) == 1)];

        var maps = mapper.Map(dotted, [.. dotted.Select(_ => 1)], Cancellation);

        // A dot touches nine of the 64 places, or a few more.
        var found = dotted.Zip(maps).Count(pair => IsDot(pair.First, Array.IndexOf(pair.Second, byte.MaxValue)));
        Assert.InRange(found, dotted.Length * 3 / 4, dotted.Length);
    }

    [Fact]
    public void A_map_is_the_same_in_any_company_and_has_its_strongest_place_whatever_the_classes()
    {
        using var network = new ResNet18(3, seed: 3);
        using var mapper = new OcclusionMapper(network, _pixels);

        var together = mapper.Map([4, 5, 6], [0, 1, 2], Cancellation);

        Assert.Equal(together[1], mapper.Map([5], [1], Cancellation)[0]);
        Assert.All(together, map => Assert.Equal((OcclusionMapper.Side * OcclusionMapper.Side, byte.MaxValue), (map.Length, map.Max())));
        Assert.Throws<ArgumentOutOfRangeException>(() => mapper.Map([4], [0, 1], Cancellation));
    }

    /// <summary>Whether a place of the map touches an image's dot.</summary>
    private bool IsDot(int row, int place)
    {
        using var image = _pixels.Gather([row]);
        const int size = Cells.Size / OcclusionMapper.Side;
        var (top, left) = (place / OcclusionMapper.Side * size, place % OcclusionMapper.Side * size);
        return Enumerable.Range(0, size * size).Any(i => Math.Abs((image[0, 1, top + (i / size), left + (i % size)].ToSingle() * 255) - 20) < 0.5);
    }
}
