using SafeMedLabel.Learning.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SafeMedLabel.Benchmarks;

/// <summary>ResNet-18 up to its head as it is usually written, layer after layer in float32: what ours is compared with.</summary>
internal sealed class PlainBackbone : Module<Tensor, Tensor>
{
    private readonly Conv2d _conv1 = Conv2d(3, 64, 7, stride: 2, padding: 3, bias: false);
    private readonly BatchNorm2d _bn1 = BatchNorm2d(64);
    private readonly MaxPool2d _pool = MaxPool2d(3, stride: 2, padding: 1);
    private readonly Sequential[] _layers = [Layer(64, 64, 1), Layer(64, 128, 2), Layer(128, 256, 2), Layer(256, 512, 2)];

    /// <summary>Copies a network's weights.</summary>
    public PlainBackbone(ResNet18 network)
        : base(nameof(PlainBackbone))
    {
        register_module("conv1", _conv1);
        register_module("bn1", _bn1);
        for (var i = 0; i < _layers.Length; i++)
        {
            register_module($"layer{i + 1}", _layers[i]);
        }

        using var noGradient = no_grad();
        var weights = network.Tensors();
        foreach (var (name, tensor) in state_dict())
        {
            tensor.copy_(weights[$"base.{name}"]);
        }
    }

    /// <summary>[N, 3, S, S] → [N, 512].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = _pool.forward(functional.relu(_bn1.forward(_conv1.forward(input)), inplace: true));
        foreach (var layer in _layers)
        {
            hidden = layer.forward(hidden);
        }

        return hidden.mean([2, 3]).MoveToOuterDisposeScope();
    }

    private static Sequential Layer(int inputs, int outputs, int stride) =>
        Sequential(("0", new Block(inputs, outputs, stride)), ("1", new Block(outputs, outputs, 1)));

    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Conv2d _conv1;
        private readonly BatchNorm2d _bn1;
        private readonly Conv2d _conv2;
        private readonly BatchNorm2d _bn2;
        private readonly Sequential? _shortcut;

        public Block(int inputs, int outputs, int stride)
            : base(nameof(Block))
        {
            register_module("conv1", _conv1 = Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false));
            register_module("bn1", _bn1 = BatchNorm2d(outputs));
            register_module("conv2", _conv2 = Conv2d(outputs, outputs, 3, padding: 1, bias: false));
            register_module("bn2", _bn2 = BatchNorm2d(outputs));
            if (stride != 1)
            {
                register_module("downsample", _shortcut = Sequential(("0", Conv2d(inputs, outputs, 1, stride: stride, bias: false)), ("1", BatchNorm2d(outputs))));
            }
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var output = _bn2.forward(_conv2.forward(functional.relu(_bn1.forward(_conv1.forward(input)), inplace: true)));
            return functional.relu(output.add_(_shortcut?.forward(input) ?? input), inplace: true).MoveToOuterDisposeScope();
        }
    }
}
