using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Augmentation;

/// <summary>
/// Random changes that keep a cell's class, on whole batches [N, 3, S, S] of 0-to-1 values, drawn from a given generator.
/// What moves in from outside is black, as around a segmented cell.
/// </summary>
public static class Augmenter
{
    /// <summary>
    /// Of the side; 2 pixels of 64. A segmented cell fills its image, and a parasite often sits at its rim: the eighth that is usual for
    /// photographs cuts it off and leaves the label behind.
    /// </summary>
    private const double MaximumShift = 1.0 / 32;

    // One over ImageNet's deviations, and its means over them.
    private static readonly float[] ImageNetFactor = [1 / 0.229f, 1 / 0.224f, 1 / 0.225f];
    private static readonly float[] ImageNetOffset = [0.485f / 0.229f, 0.456f / 0.224f, 0.406f / 0.225f];

    /// <summary>The least and the largest value that a normalised image can have.</summary>
    public static (double Low, double High) NormalisedRange { get; } =
        (-ImageNetOffset.Max(), ImageNetFactor.Zip(ImageNetOffset, (factor, offset) => factor - offset).Max());

    /// <summary>Changes images as much as <paramref name="kind"/> says.</summary>
    public static Tensor Apply(AugmentationKind kind, Tensor images, Generator generator) => kind switch
    {
        AugmentationKind.Weak => Weak(images, generator),
        AugmentationKind.Moderate => Moderate(images, generator),
        AugmentationKind.Strong => Strong(images, generator),
        _ => images,
    };

    /// <summary>Weak: flips both ways, shift by up to a thirty-second.</summary>
    public static Tensor Weak(Tensor images, Generator generator)
    {
        using var scope = NewDisposeScope();
        return Warp(images, generator, zeros(images.shape[0], device: images.device), maximumScale: 0).MoveToOuterDisposeScope();
    }

    /// <summary>Moderate: weak, quarter turns, brightness, contrast and saturation ±20 %.</summary>
    public static Tensor Moderate(Tensor images, Generator generator)
    {
        using var scope = NewDisposeScope();
        var turns = Uniform(images, generator).Times(4).floor().Times(Math.PI / 2);
        return JitterColour(Warp(images, generator, turns, maximumScale: 0), 0.2, generator).MoveToOuterDisposeScope();
    }

    /// <summary>Strong: weak, any rotation, scale ±15 %, brightness, contrast and saturation ±40 %, and a hole of up to a third of the side.</summary>
    public static Tensor Strong(Tensor images, Generator generator)
    {
        using var scope = NewDisposeScope();
        var warped = Warp(images, generator, Symmetric(images, Math.PI, generator), maximumScale: 0.15);
        return CutOut(JitterColour(warped, 0.4, generator), generator).MoveToOuterDisposeScope();
    }

    /// <summary>To ImageNet's mean and deviation, as the network expects.</summary>
    public static Tensor Normalise(Tensor images)
    {
        using var factor = tensor(ImageNetFactor, device: images.device).view(1, 3, 1, 1);
        using var offset = tensor(ImageNetOffset, device: images.device).view(1, 3, 1, 1);
        return (images * factor).sub_(offset);
    }

    /// <summary>Uniform in [0, 1), one an image, where the images are. Drawn on the processor: a seed gives the same on every device.</summary>
    private static Tensor Uniform(Tensor images, Generator generator) => rand(images.shape[0], generator: generator).to(images.device);

    /// <summary>Uniform in ±<paramref name="maximum"/>, one an image.</summary>
    private static Tensor Symmetric(Tensor images, double maximum, Generator generator) => Uniform(images, generator).Times(2).Minus(1).Times(maximum);

    /// <summary>
    /// Up to <see cref="MaximumShift"/> of the side, in grid coordinates, of which 2 span the side. Whole pixels, as a crop is: a fraction
    /// of one would blur what is only weakly changed.
    /// </summary>
    private static Tensor WholePixels(Tensor images, long side, Generator generator) =>
        Symmetric(images, side * MaximumShift, generator).round().Times(2.0 / side);

    private static Tensor Warp(Tensor images, Generator generator, Tensor angle, double maximumScale)
    {
        var count = images.shape[0];
        var flipX = Uniform(images, generator).IsLessThan(0.5).to(ScalarType.Float32).Times(2).Minus(1);
        var flipY = Uniform(images, generator).IsLessThan(0.5).to(ScalarType.Float32).Times(2).Minus(1);
        var scale = Symmetric(images, maximumScale, generator).Plus(1);
        var shiftX = WholePixels(images, images.shape[3], generator);
        var shiftY = WholePixels(images, images.shape[2], generator);
        var (cosine, sine) = (angle.cos() * scale, angle.sin() * scale);
        var grid = stack(
            [
                Coordinates(images, cosine * flipX, -sine * flipY, shiftX),
                Coordinates(images, sine * flipX, cosine * flipY, shiftY),
            ],
            3);
        // Where pixels only change places each lands on one: taking the nearest is then exact, and faster.
        var mode = maximumScale == 0 ? GridSampleMode.Nearest : GridSampleMode.Bilinear;
        return nn.functional.grid_sample(images, grid, mode, GridSamplePaddingMode.Zeros, align_corners: false);
    }

    /// <summary>
    /// a·x + b·y + c at each pixel's centre, [N, S, S], x and y from −1 to 1 between the image's edges. What the library's affine_grid does
    /// by a matrix product, several times faster.
    /// </summary>
    private static Tensor Coordinates(Tensor images, Tensor a, Tensor b, Tensor c)
    {
        var side = images.shape[2];
        var axis = HeldScalars.Count(side, ScalarType.Float32, images.device).Times(2).Plus(1).DividedBy(side).Minus(1);
        return (a.view(-1, 1, 1) * axis.view(1, 1, side)).Plus((b.view(-1, 1, 1) * axis.view(1, side, 1)).Plus(c.view(-1, 1, 1)));
    }

    /// <summary>
    /// Brightness by f₁, then contrast by f₂ about the cell's mean grey m, then saturation by f₃ about each pixel's grey g. Put together:
    /// f₁f₂f₃·x + f₁f₂(1 − f₃)·g + f₁m(1 − f₂), which takes a few passes over the batch instead of a dozen.
    /// </summary>
    private static Tensor JitterColour(Tensor images, double amount, Generator generator)
    {
        var count = images.shape[0];
        Tensor Factor() => Symmetric(images, amount, generator).Plus(1).view(count, 1, 1, 1);
        var (brightness, contrast, saturation) = (Factor(), Factor(), Factor());
        // The background is no part of the cell: it stays black, and does not count in the mean.
        var inside = images.amax([1], keepdim: true).IsGreaterThan(0.02f).to(ScalarType.Float32);
        var grey = images.mean([1], keepdim: true);
        var mean = (grey * inside).sum([1, 2, 3], keepdim: true) / inside.sum([1, 2, 3], keepdim: true).NoLessThan(1);
        var shared = grey.mul_(brightness * contrast * saturation.SubtractedFrom(1)).AddInPlace(brightness * mean * contrast.SubtractedFrom(1));
        return (images * (brightness * contrast * saturation)).AddInPlace(shared).mul_(inside).ClampInPlace(0, 1);
    }

    private static Tensor CutOut(Tensor images, Generator generator)
    {
        var (count, side) = (images.shape[0], images.shape[2]);
        var half = Uniform(images, generator).Times(side / 6.0).view(count, 1, 1);
        var centreX = Uniform(images, generator).Times(side).view(count, 1, 1);
        var centreY = Uniform(images, generator).Times(side).view(count, 1, 1);
        var axis = HeldScalars.Count(side, ScalarType.Float32, images.device);
        var outside = (axis.view(1, 1, side) - centreX).abs().ge(half).logical_or((axis.view(1, side, 1) - centreY).abs().ge(half));
        return images * outside.unsqueeze(1).to(ScalarType.Float32);
    }
}
