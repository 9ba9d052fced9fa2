using SafeMedLabel.Learning.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Networks;

/// <summary>
/// PyTorch's <c>BatchNorm2d</c> with its usual settings. The library's own adds 1 to its count of batches in a way that is not safe; see
/// <see cref="HeldScalars"/>.
/// </summary>
/// <param name="channels">C of the images [N, C, S, S] that it is given.</param>
internal sealed class BatchNormalisation(long channels)
    : NormBase(channels, eps: 1e-5, momentum: 0.1, affine: true, track_running_stats: true, device: null, dtype: null, nameof(BatchNormalisation))
{
    public override Tensor forward(Tensor input)
    {
        ValidateInputDimensions(input);
        if (training)
        {
            num_batches_tracked!.AddInPlace(1);
        }

        return nn.functional.batch_norm(input, running_mean, running_var, weight, bias, training, momentum!.Value, eps);
    }

    protected override void ValidateInputDimensions(Tensor input) => ArgumentOutOfRangeException.ThrowIfNotEqual(input.dim(), 4, nameof(input));
}
