using System.Security.Cryptography;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>
/// Weights that a training begins with: a ResNet-18 as torchvision or this program writes it, from a PyTorch <c>.pth</c> or a safetensors
/// file. A head of other classes is left out.
/// </summary>
public sealed class InitialWeights : IDisposable
{
    private const string Prefix = "base.";

    /// <summary>The file of ImageNet's weights that comes with the program.</summary>
    internal const string ImageNetFile = "resnet18-imagenet.safetensors";

    /// <summary>SHA-256 of the file of ImageNet's weights that comes with the program.</summary>
    public const string ImageNetHash = "d940f3600e00f8362fef08814968ad91854aeaec6e9b0349ab93b6e667e2c9d5";

    private readonly IReadOnlyDictionary<string, Tensor> _tensors;

    private InitialWeights(string name, string hash, TrainingRecord trainedOn, IReadOnlyDictionary<string, Tensor> tensors) =>
        (Name, Hash, TrainedOn, _tensors) = (name, hash, trainedOn, tensors);

    /// <summary>The file's name, and the beginning of its hash.</summary>
    public string Name { get; }

    /// <summary>SHA-256 of the file, or of what the weights were made from.</summary>
    public string Hash { get; }

    /// <summary>What they were trained on.</summary>
    public TrainingRecord TrainedOn { get; }

    /// <summary>Reads ImageNet's weights, which come with the program: Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1.</summary>
    /// <exception cref="InvalidDataException">They are missing beside the program, or damaged; one sentence.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public static InitialWeights ReadImageNet() => ReadImageNet(Path.Combine(AppContext.BaseDirectory, ImageNetFile));

    internal static InitialWeights ReadImageNet(string path)
    {
        var problem = !File.Exists(path) ? "missing" : HashOf(path) != ImageNetHash ? "damaged" : null;
        return problem is null
            ? Read(path, ImageNetHash, "ImageNet", TrainingRecord.None)
            : throw new InvalidDataException($"ImageNet's weights are {problem}: {path}. Install the program anew, or begin with random weights.");
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expectedHash">SHA-256 that it must have, in lower-case hexadecimal; null where it may be any file.</param>
    /// <exception cref="InvalidDataException">It has another hash, or holds no tensors that can be read; one sentence says why.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static InitialWeights Read(string path, string? expectedHash = null)
    {
        var hash = HashOf(path);
        if (expectedHash is not null && hash != expectedHash)
        {
            throw new InvalidDataException($"The file is another one than it was: its SHA-256 is {hash[..8]}…, not {expectedHash[..8]}….");
        }

        return Read(path, hash, $"{Path.GetFileName(path)} (SHA-256 {hash[..8]}…)", ModelFile.ReadTrainedOn(path));
    }

    /// <summary>The backbone of a network, copied, that was trained on the very images that a training goes on with; its head is left out.</summary>
    /// <param name="name">What the network is.</param>
    /// <param name="hash">Identifies what it was made from.</param>
    /// <param name="network">The network; stays the caller's.</param>
    public static InitialWeights From(string name, string hash, ResNet18 network) => new(
        name, hash, TrainingRecord.None, network.Tensors().Where(t => !ResNet18.IsOfHead(t.Key)).ToDictionary(t => t.Key, t => t.Value.detach().clone().DetachFromDisposeScope()));

    /// <summary>Copies the backbone, and the head where its shapes fit, into <paramref name="network"/>.</summary>
    /// <exception cref="InvalidDataException">A tensor of the backbone is missing, unknown or of another shape; the network is as it was.</exception>
    public void CopyTo(ResNet18 network)
    {
        var (from, to) = Fit(network);
        StateDict.Copy(from, to);
    }

    /// <summary>Makes sure that <see cref="CopyTo"/> would do for <paramref name="network"/>, which stays as it is.</summary>
    /// <exception cref="InvalidDataException">A tensor of the backbone is missing, unknown or of another shape; one sentence says which.</exception>
    public void RequireFit(ResNet18 network) => Fit(network);

    /// <summary>The tensors that a network takes, and its own of the same names.</summary>
    private (Dictionary<string, Tensor> From, Dictionary<string, Tensor> To) Fit(ResNet18 network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var own = network.Tensors();
        var takesHead = own.Where(t => ResNet18.IsOfHead(t.Key))
            .All(t => _tensors.TryGetValue(t.Key, out var given) && given.shape.SequenceEqual(t.Value.shape));
        bool IsTaken(string key) => takesHead || !ResNet18.IsOfHead(key);
        var from = _tensors.Where(t => IsTaken(t.Key)).ToDictionary();
        var to = own.Where(t => IsTaken(t.Key)).ToDictionary();
        StateDict.RequireFit(from, to);
        return (from, to);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private static InitialWeights Read(string path, string hash, string name, TrainingRecord trainedOn)
    {
        Native.LibTorch.EnsureLoaded();
        using var scope = NewDisposeScope();
        return new InitialWeights(name, hash, trainedOn, WithPrefix(TensorFile.Read(path)));
    }

    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>torchvision's names have no prefix. The tensors become ours.</summary>
    private static Dictionary<string, Tensor> WithPrefix(IReadOnlyDictionary<string, Tensor> tensors) =>
        tensors.ToDictionary(t => t.Key.StartsWith(Prefix, StringComparison.Ordinal) ? t.Key : Prefix + t.Key, t => t.Value.DetachFromDisposeScope());
}
