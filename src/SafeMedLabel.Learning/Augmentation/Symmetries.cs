using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Augmentation;

/// <summary>The eight symmetries of the square: what turning and mirroring a slide can do to an image, without resampling it.</summary>
public static class Symmetries
{
    /// <summary>How many there are.</summary>
    public const int Count = 8;

    /// <summary>Images [N, C, S, S] under symmetry number <paramref name="index"/>, 0 to 7; 0 leaves them as they are, 0 to 3 are the flips.</summary>
    public static Tensor Apply(Tensor images, int index)
    {
        using var scope = NewDisposeScope();
        var result = (index & 1) == 0 ? images : images.flip(2);
        result = (index & 2) == 0 ? result : result.flip(3);
        result = (index & 4) == 0 ? result : result.transpose(2, 3);
        return ReferenceEquals(result, images) ? images : result.MoveToOuterDisposeScope();
    }
}
