using SafeMedLabel.Learning.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SafeMedLabel.Learning.Networks;

/// <summary>Two 3 × 3 convolutions and a shortcut (He et al. 2016). Parameter names are PyTorch's.</summary>
internal sealed class BasicBlock : Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;

    [ComponentName(Name = "bn1")]
    private readonly BatchNormalisation _bn1;

    [ComponentName(Name = "conv2")]
    private readonly Conv2d _conv2;

    [ComponentName(Name = "bn2")]
    private readonly BatchNormalisation _bn2;

    private readonly Conv2d? _shortcut;
    private readonly BatchNormalisation? _shortcutNorm;

    public BasicBlock(int inputs, int outputs, int stride)
        : base(nameof(BasicBlock))
    {
        _conv1 = Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false);
        _bn1 = new BatchNormalisation(outputs);
        _conv2 = Conv2d(outputs, outputs, 3, padding: 1, bias: false);
        _bn2 = new BatchNormalisation(outputs);
        if (stride != 1 || inputs != outputs)
        {
            _shortcut = Conv2d(inputs, outputs, 1, stride: stride, bias: false);
            _shortcutNorm = new BatchNormalisation(outputs);
            register_module("downsample", Sequential(("0", _shortcut), ("1", _shortcutNorm)));
        }

        RegisterComponents();
    }

    /// <summary>
    /// [N, C, S, S] → [N, K, S', S']. What is not needed for the gradients is freed at once or written over: gigabytes of a step's memory otherwise.
    /// </summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = _bn1.forward(_conv1.In(input)).relu_();
        var output = _bn2.forward(_conv2.In(hidden));
        return output.AddInPlace(Shortcut(input)).relu_().MoveToOuterDisposeScope();
    }

    private Tensor Shortcut(Tensor input) =>
        _shortcut is null ? input : _shortcutNorm!.forward(MixedPrecision.Pointwise(input, _shortcut.weight!.to(input.dtype), _shortcut.stride![0]));
}
