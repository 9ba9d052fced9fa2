using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SafeMedLabel.Learning.Networks;

/// <summary>ResNet-18 with the paper's head in the place of <c>fc</c>. Parameter names are PyTorch's.</summary>
internal sealed class Backbone : Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;

    [ComponentName(Name = "bn1")]
    private readonly BatchNormalisation _bn1;

    [ComponentName(Name = "fc")]
    private readonly DropoutHead _head;

    private readonly MaxPool2d _pool;
    private readonly Sequential[] _layers;

    public Backbone(int classes)
        : base(nameof(Backbone))
    {
        _conv1 = Conv2d(3, 64, 7, stride: 2, padding: 3, bias: false);
        _bn1 = new BatchNormalisation(64);
        _pool = MaxPool2d(3, stride: 2, padding: 1);
        _layers = [Layer(64, 64, 1), Layer(64, 128, 2), Layer(128, 256, 2), Layer(256, 512, 2)];
        _head = new DropoutHead(classes);
        for (var i = 0; i < _layers.Length; i++)
        {
            register_module($"layer{i + 1}", _layers[i]);
        }

        RegisterComponents();
    }

    public DropoutHead Head => _head;

    /// <summary>[N, 3, S, S] → [N, 512] in float32; between them it computes in the input's type.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = Stem(input);
        foreach (var layer in _layers)
        {
            using var before = hidden;
            hidden = layer.forward(before);
        }

        return hidden.to(ScalarType.Float32).mean([2, 3]).MoveToOuterDisposeScope();
    }

    private Tensor Stem(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _pool.forward(_bn1.forward(_conv1.In(input)).relu_()).MoveToOuterDisposeScope();
    }

    private static Sequential Layer(int inputs, int outputs, int stride) =>
        Sequential(("0", new BasicBlock(inputs, outputs, stride)), ("1", new BasicBlock(outputs, outputs, 1)));
}
