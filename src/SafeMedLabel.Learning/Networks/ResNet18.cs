using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SafeMedLabel.Learning.Networks;

/// <summary>
/// The method's network. State-dict keys are those of the published PyTorch code: <c>base.conv1.weight</c> …
/// <c>base.fc.1.weight</c>, <c>base.fc.4.weight</c>. Training mode concerns batch norm alone; dropout is explicit.
/// </summary>
public sealed class ResNet18 : Module<Tensor, Tensor>
{
    [ComponentName(Name = "base")]
    private readonly Backbone _base;

    /// <summary>A network for <paramref name="classes"/> classes with torchvision's initialisation, drawn from <paramref name="seed"/>.</summary>
    public ResNet18(int classes, long seed = 0)
        : base(LoadedName())
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        Classes = classes;
        _base = new Backbone(classes);
        RegisterComponents();
        Initialise(seed);
    }

    /// <summary>K.</summary>
    public int Classes { get; }

    /// <summary>The part with dropout.</summary>
    public DropoutHead Head => _base.Head;

    /// <summary>Where its weights are.</summary>
    public Device Device => _base.Head.Device;

    /// <summary>
    /// The type in which the backbone computes: float32, or bfloat16, which is faster where the processor has it. Weights, batch
    /// norm's statistics, head and losses stay in float32.
    /// </summary>
    public ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <summary>
    /// By which logits are divided before their softmax, above 0; 1 where the level of confidence was not set on a calibration set. The
    /// logits themselves are not scaled.
    /// </summary>
    public double Temperature { get; set; } = 1;

    /// <summary>
    /// How many of an image's <see cref="Augmentation.Symmetries"/> are asked about, and their probabilities averaged, when probabilities
    /// are wanted: 1 to 8. Not for stochastic passes.
    /// </summary>
    public int TestViews { get; set; } = 1;

    /// <summary>[N, 3, S, S] → [N, 512].</summary>
    public Tensor Features(Tensor images)
    {
        using var scope = NewDisposeScope();
        return _base.forward(images.to(ComputeType).ChannelsLast()).MoveToOuterDisposeScope();
    }

    /// <summary>Without dropout: [N, 3, S, S] → logits [N, K].</summary>
    public override Tensor forward(Tensor input) => Head.forward(Features(input));

    /// <summary>With dropout masks of this batch's own.</summary>
    public Tensor ForwardWithDropout(Tensor images, Generator generator)
    {
        var features = Features(images);
        return Head.ForwardWithDropout(features, Head.DrawMasks(generator, features.shape[0]));
    }

    /// <summary>Whether a key of <see cref="Tensors"/> is of the head, not of the backbone.</summary>
    public static bool IsOfHead(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.StartsWith("base.fc.", StringComparison.Ordinal);
    }

    /// <summary>Parameters and buffers by PyTorch's keys. The tensors are the network's own.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors() => state_dict();

    /// <summary>Copies <paramref name="tensors"/> into the network, all of them or, on an error, none.</summary>
    /// <exception cref="InvalidDataException">A key is missing or unknown, or a shape differs.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> tensors)
    {
        var own = Tensors();
        StateDict.RequireFit(tensors, own);
        StateDict.Copy(tensors, own);
    }

    /// <summary>The base class touches torch already.</summary>
    private static string LoadedName()
    {
        LibTorch.EnsureLoaded();
        return nameof(ResNet18);
    }

    /// <summary>Kaiming normal over fan-out for convolutions, as torchvision does; the head initialises itself.</summary>
    private void Initialise(long seed)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        foreach (var parameter in parameters())
        {
            if (parameter.dim() == 4)
            {
                var fanOut = parameter.shape[0] * parameter.shape[2] * parameter.shape[3];
                parameter.copy_(randn(parameter.shape, generator: generator).Times(Math.Sqrt(2.0 / fanOut)));
            }
        }

        Head.Initialise(generator);
    }
}
