using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>
/// Turns features into a few bytes an image whose distances are nearly those of the features: the first principal components, all to one
/// scale.
/// </summary>
public sealed class LikenessBasis : IDisposable
{
    /// <summary>Deviations of the first component that a byte reaches to either side; what lies beyond is cut off.</summary>
    private const double Reach = 3;

    private readonly Tensor _mean;
    private readonly Tensor _components;

    /// <summary>Of a sample's features, [N, F] with F of at least <see cref="Likeness.Length"/>.</summary>
    public LikenessBasis(Tensor features)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var sample = features.to(ScalarType.Float64).cpu();
        var mean = sample.mean([0], keepdim: true);
        var centred = sample - mean;
        var covariance = centred.t().mm(centred).DividedBy(Math.Max(1, sample.shape[0] - 1));
        // In ascending order.
        var (variances, vectors) = linalg.eigh(covariance);
        var deviation = Math.Sqrt(Math.Max(variances[-1].ReadDouble(), 1e-12));
        _mean = mean.to(ScalarType.Float32).DetachFromDisposeScope();
        _components = vectors.narrow(1, vectors.shape[1] - Likeness.Length, Likeness.Length).flip(1).Times(127.5 / (Reach * deviation)).to(ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <summary>Features [N, F] → bytes [N, <see cref="Likeness.Length"/>], row by row.</summary>
    public byte[] Project(Tensor features)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return [.. (features.cpu() - _mean).mm(_components).AddInPlace(127.5).round_().ClampInPlace(0, 255).to(ScalarType.Byte).data<byte>()];
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _mean.Dispose();
        _components.Dispose();
    }
}
