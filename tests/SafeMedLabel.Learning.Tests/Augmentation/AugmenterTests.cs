using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Augmentation;

public sealed class AugmenterTests : IDisposable
{
    private readonly PixelStore _pixels = Cells.Draw(64);
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _images;

    public AugmenterTests() => _images = _pixels.Gather([.. Enumerable.Range(0, 64)]);

    public void Dispose()
    {
        _scope.Dispose();
        _pixels.Dispose();
    }

    [Fact]
    public void Weak_keeps_every_pixel_of_a_cell_that_does_not_touch_the_border()
    {
        // Whole-pixel shifts and flips only move pixels: each image keeps its sum, and the batch is not the same any more.
        var weak = Weak(1);

        Assert.True(weak.sum([1, 2, 3]).allclose(_images.sum([1, 2, 3]), rtol: 1e-4));
        Assert.False(weak.allclose(_images));
    }

    [Fact]
    public void Weak_moves_a_cell_by_a_thirty_second_of_the_side_at_most()
    {
        var lit = _images.amax([1]).gt(0.02);
        var moved = Weak(1).amax([1]).gt(0.02);

        // The drawn discs are symmetric to a pixel: grown by one pixel for the flip and one for the shift they cover the moved ones.
        var grown = nn.functional.max_pool2d(lit.to(ScalarType.Float32).unsqueeze(1), [5], strides: [1], padding: [2]).squeeze(1).gt(0);
        Assert.True(grown.logical_or(moved.logical_not()).all().ToBoolean());
    }

    [Fact]
    public void The_same_generator_gives_the_same_images_and_each_image_its_own_change()
    {
        Assert.True(Strong(7).equal(Strong(7)).all().ToBoolean());
        Assert.False(Strong(7).equal(Strong(8)).all().ToBoolean());

        var one = _images[0].unsqueeze(0).expand(16, -1, -1, -1);
        using var generator = new Generator(3);
        var many = Augmenter.Strong(one, generator);
        Assert.Equal(16, Enumerable.Range(0, 16).Select(i => many[i].sum().ToDouble()).Distinct().Count());
    }

    [Fact]
    public void Moderate_turns_by_quarters_and_changes_colours_by_a_fifth_at_most()
    {
        // One lit pixel off the centre: wherever it goes it stays one pixel, or the image was resampled.
        var dot = zeros(64, 3, 33, 33);
        dot[TensorIndex.Colon, TensorIndex.Colon, 10, 14] = 0.5f;
        using var generator = new Generator(5);
        var changed = Augmenter.Moderate(dot, generator);

        Assert.All(changed.amax([1]).gt(0.02).sum([1, 2]).data<long>().ToArray(), lit => Assert.Equal(1, lit));
        Assert.All(changed.amax([1, 2, 3]).data<float>().ToArray(), value => Assert.InRange(value, 0.5 * 0.8 - 1e-3, 0.5 * 1.2 + 1e-3));
        var rows = changed.amax([1, 3]).argmax(1).data<long>().ToArray();
        Assert.Contains(rows, row => Math.Abs(row - 10) <= 2);
        Assert.Contains(rows, row => Math.Abs(row - 18) <= 2);
    }

    [Fact]
    public void Colours_change_as_brightness_then_contrast_then_saturation_would_one_after_the_other()
    {
        // A cell that no turn or shift changes: one colour within, black around.
        var images = zeros(40, 3, 32, 32);
        images[TensorIndex.Colon, TensorIndex.Colon, 8..24, 8..24] = tensor(new[] { 0.7f, 0.5f, 0.6f }).view(1, 3, 1, 1);
        using var generator = new Generator(5);
        var centre = Augmenter.Moderate(images, generator)[TensorIndex.Colon, TensorIndex.Colon, 16, 16];

        // Of one colour brightness moves the grey, and contrast and saturation both draw the colour to it or from it.
        foreach (var row in Enumerable.Range(0, 40).Select(i => centre[i].data<float>().ToArray()))
        {
            var brightness = row.Average() / 0.6;
            var saturation = (row[0] - row.Average()) / (0.1 * brightness);
            Assert.InRange(brightness, 0.8 - 1e-4, 1.2 + 1e-4);
            Assert.InRange(saturation, 0.64 - 1e-4, 1.44 + 1e-4);
            Assert.Equal(-0.1 * brightness * saturation, row[1] - row.Average(), 1e-4);
        }
    }

    [Fact]
    public void The_eight_symmetries_are_eight_and_none_changes_a_value()
    {
        var image = arange(9, dtype: ScalarType.Float32).view(1, 1, 3, 3);
        var views = Enumerable.Range(0, Symmetries.Count).Select(i => Symmetries.Apply(image, i).contiguous().data<float>().ToArray()).ToArray();

        Assert.Equal(image.data<float>().ToArray(), views[0]);
        Assert.Equal(8, views.Select(v => string.Join(' ', v)).Distinct().Count());
        Assert.All(views, v => Assert.Equal(Enumerable.Range(0, 9).Select(i => (float)i), v.Order()));
    }

    [Fact]
    public void Strong_stays_within_the_range_and_keeps_the_corner_black()
    {
        var strong = Strong(7);

        Assert.InRange(strong.min().ToDouble(), 0, 1);
        Assert.InRange(strong.max().ToDouble(), 0, 1);
        Assert.Equal(0, strong[TensorIndex.Colon, TensorIndex.Colon, 0, 0].abs().max().ToDouble());
        Assert.False(strong.isnan().any().ToBoolean());
    }

    [Fact]
    public void Normalised_images_have_ImageNets_mean_and_deviation()
    {
        var grey = full([1, 3, 2, 2], 0.5f);

        var normalised = Augmenter.Normalise(grey);

        Assert.Equal((0.5 - 0.485) / 0.229, normalised[0, 0, 0, 0].ToDouble(), 1e-5);
        Assert.Equal((0.5 - 0.456) / 0.224, normalised[0, 1, 1, 1].ToDouble(), 1e-5);
        Assert.Equal((0.5 - 0.406) / 0.225, normalised[0, 2, 0, 1].ToDouble(), 1e-5);
    }

    private Tensor Weak(ulong seed)
    {
        using var generator = new Generator(seed);
        return Augmenter.Weak(_images, generator);
    }

    private Tensor Strong(ulong seed)
    {
        using var generator = new Generator(seed);
        return Augmenter.Strong(_images, generator);
    }
}
