using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Inference;

public sealed class FoldedBackboneTests : IDisposable
{
    private readonly PixelStore _pixels = Cells.Draw(48);
    private readonly ResNet18 _network;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _images;

    public FoldedBackboneTests()
    {
        // Batch norm's statistics and scales must not be those it begins with, or folding them would be folding nothing.
        _network = new Trainer(new TrainingOptions { Epochs = 1, BatchSize = 8, MinimumSteps = 4, Seed = 1 }, Cells.Data(_pixels, 24, 16)).Train();
        _images = _pixels.Gather(Enumerable.Range(0, 48).ToArray());
    }

    public void Dispose()
    {
        _scope.Dispose();
        _network.Dispose();
        _pixels.Dispose();
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.BFloat16, 0.02)]
    public void Folding_changes_no_feature_beyond_what_the_number_format_rounds(ScalarType type, double tolerance)
    {
        Requires.ArithmeticFor(type);
        using var noGradient = no_grad();
        using var folded = new FoldedBackbone(_network, Cells.Size, type);

        var expected = _network.Features(_images);
        var actual = folded.Features(_images);

        Assert.Equal(ScalarType.Float32, actual.dtype);
        Assert.InRange(((actual - expected).norm() / expected.norm()).ToDouble(), 0, tolerance);
    }

    [Theory]
    [InlineData(20, 17)]
    [InlineData(160, 96)]
    public void Images_of_another_size_than_it_was_laid_out_for_are_computed_all_the_same(long expectedSide, int side)
    {
        using var noGradient = no_grad();
        using var folded = new FoldedBackbone(_network, expectedSide);
        var images = nn.functional.interpolate(_images, [side, side], mode: InterpolationMode.Area);

        var expected = _network.Features(images);

        Assert.InRange(((folded.Features(images) - expected).norm() / expected.norm()).ToDouble(), 0, 1e-5);
    }

    [Fact]
    public void It_is_a_copy_that_later_training_does_not_change()
    {
        using var noGradient = no_grad();
        using var folded = new FoldedBackbone(_network, Cells.Size);
        var before = folded.Features(_images);

        foreach (var parameter in _network.parameters())
        {
            parameter.mul_(2);
        }

        Assert.True(before.equal(folded.Features(_images)).all().ToBoolean());
    }
}
