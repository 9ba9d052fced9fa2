using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SafeMedLabel.Learning.Networks;

/// <summary>
/// Dropout(0.3) → Linear(512, 256) → ReLU → Dropout(0.3) → Linear(256, K). All of the network's chance is here, and it comes
/// from masks that the caller draws: no hidden generator, so that passes and rounds can be repeated.
/// </summary>
public sealed class DropoutHead : Module<Tensor, Tensor>
{
    /// <summary>Dropout probability.</summary>
    public const double Rate = 0.3;

    /// <summary>Features that the head reads.</summary>
    internal const int Inputs = ImageFeatures.Length;

    private const int Hidden = 256;

    [ComponentName(Name = "1")]
    private readonly Linear _first;

    [ComponentName(Name = "4")]
    private readonly Linear _second;

    /// <summary>A head for <paramref name="classes"/> classes.</summary>
    internal DropoutHead(int classes)
        : base(nameof(DropoutHead))
    {
        _first = Linear(Inputs, Hidden);
        _second = Linear(Hidden, classes);
        RegisterComponents();
    }

    /// <summary>Where its weights are.</summary>
    internal Device Device => _second.weight!.device;

    /// <summary>Without dropout: [N, 512] → logits [N, K].</summary>
    public override Tensor forward(Tensor input) => _second.forward(functional.relu(_first.forward(input)));

    /// <summary>With dropout: masks broadcast against [.., 512] and [.., 256].</summary>
    public Tensor ForwardWithDropout(Tensor features, (Tensor Inputs, Tensor Hidden) masks) =>
        _second.forward(functional.relu(_first.forward(features * masks.Inputs)) * masks.Hidden);

    /// <summary>Masks of shape [.., 512] and [.., 256], 0 or 1 ÷ (1 − rate).</summary>
    public (Tensor Inputs, Tensor Hidden) DrawMasks(Generator generator, params long[] leading) =>
        (Draw(generator, [.. leading, Inputs]), Draw(generator, [.. leading, Hidden]));

    /// <summary>
    /// With the same masks for all images: features [N, 512] → logits [N, K], computed in the features' type. The masks multiply the weights, which are fewer
    /// numbers than the features.
    /// </summary>
    internal Tensor ForwardThrough((Tensor Inputs, Tensor Hidden) masks, Tensor features)
    {
        var hidden = functional.linear(features, (_first.weight! * masks.Inputs).to(features.dtype), _first.bias!.to(features.dtype)).relu_();
        return functional.linear(hidden, (_second.weight! * masks.Hidden).to(features.dtype), _second.bias!.to(features.dtype));
    }

    /// <summary>Uniform ±1/√fan-in, as PyTorch does.</summary>
    internal void Initialise(Generator generator)
    {
        foreach (var layer in (Linear[])[_first, _second])
        {
            foreach (var parameter in (Tensor[])[layer.weight!, layer.bias!])
            {
                parameter.copy_(rand(parameter.shape, generator: generator).Times(2).Minus(1).DividedBy(Math.Sqrt(layer.in_features)));
            }
        }
    }

    /// <summary>Drawn on the processor: a seed gives the same on every device.</summary>
    private Tensor Draw(Generator generator, long[] shape) =>
        rand(shape, generator: generator).IsAtLeast(Rate).to(ScalarType.Float32).Times(1 / (1 - Rate)).to(Device);
}
