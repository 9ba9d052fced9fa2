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

    private const int Hidden = 256;
    private readonly int _inputs;

    [ComponentName(Name = "1")]
    private readonly Linear _first;

    [ComponentName(Name = "4")]
    private readonly Linear _second;

    /// <summary>A head of <paramref name="inputs"/> features for <paramref name="classes"/> classes.</summary>
    internal DropoutHead(int inputs, int classes)
        : base(nameof(DropoutHead))
    {
        _inputs = inputs;
        _first = Linear(inputs, Hidden);
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
        (Draw(generator, [.. leading, _inputs]), Draw(generator, [.. leading, Hidden]));

    /// <summary>Drawn on the processor: a seed gives the same on every device.</summary>
    private Tensor Draw(Generator generator, long[] shape) =>
        rand(shape, generator: generator).IsAtLeast(Rate).to(ScalarType.Float32).Times(1 / (1 - Rate)).to(Device);
}
