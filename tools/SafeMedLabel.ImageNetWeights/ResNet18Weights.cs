namespace SafeMedLabel.ImageNetWeights;

/// <summary>
/// The weights of Microsoft.ML.DnnImageFeaturizer.ResNet18 by torchvision's names. The file's network is torchvision's ResNet-18 with a third block
/// of 512 channels, which is left out, for images in B, G, R from 0 to 255 less a mean of their own; here they are R, G, B from 0 to 1 by ImageNet's
/// mean and deviation.
/// </summary>
internal static class ResNet18Weights
{
    private const int Side = 7;

    private static readonly double[] Mean = [0.485, 0.456, 0.406];
    private static readonly double[] Deviation = [0.229, 0.224, 0.225];

    // What the file's own preprocessing takes off, in R, G, B: the means of its mean image.
    private static readonly double[] TakenOff = [123.1516, 115.9029, 103.0626];

    /// <exception cref="InvalidDataException">It is another network.</exception>
    public static IEnumerable<NamedTensor> Of(OnnxGraph graph)
    {
        var nodes = graph.Nodes.Where(n => n.Kind is "Conv" or "BatchNormalization").Chunk(2).ToList();
        var layers = Layers().ToList();
        if (nodes.Count != layers.Count + 2 || nodes.Any(n => n is not [{ Kind: "Conv" }, { Kind: "BatchNormalization" }]))
        {
            throw new InvalidDataException("the file's network is not the one that is known.");
        }

        return layers.Zip(nodes).SelectMany(l => Layer(graph, l.First, l.Second[0], l.Second[1]));
    }

    /// <summary>In the order of the file's nodes, in which a shortcut comes before its block.</summary>
    private static IEnumerable<Convolution> Layers()
    {
        yield return new Convolution("conv1", "bn1", 64, 3, Side);
        var channels = 64;
        for (var layer = 1; layer <= 4; layer++)
        {
            var wide = 32 << layer;
            for (var block = 0; block < 2; block++)
            {
                var name = $"layer{layer}.{block}";
                if (channels != wide)
                {
                    yield return new Convolution($"{name}.downsample.0", $"{name}.downsample.1", wide, channels, 1);
                }

                yield return new Convolution($"{name}.conv1", $"{name}.bn1", wide, channels, 3);
                yield return new Convolution($"{name}.conv2", $"{name}.bn2", wide, wide, 3);
                channels = wide;
            }
        }
    }

    private static IEnumerable<NamedTensor> Layer(OnnxGraph graph, Convolution convolution, OnnxNode conv, OnnxNode norm)
    {
        var weight = Input(graph, conv, 1).Require(convolution.Out, convolution.In, convolution.Side, convolution.Side);
        var statistics = Enumerable.Range(1, 4).Select(i => Input(graph, norm, i).Require(convolution.Out)).ToArray();
        if (convolution.Side == Side)
        {
            (weight, statistics[2]) = ForOurImages(weight, statistics[2]);
        }

        yield return weight with { Name = $"{convolution.Name}.weight" };
        foreach (var (tensor, name) in statistics.Zip((string[])["weight", "bias", "running_mean", "running_var"]))
        {
            yield return tensor with { Name = $"{convolution.Norm}.{name}" };
        }

        yield return new NamedTensor($"{convolution.Norm}.num_batches_tracked", [], [0]);
    }

    /// <summary>
    /// With x the file's image, x = 255·(σ·z + μ) − m for our z: the factor goes into the weights, and what is constant, but for the image's border,
    /// into the mean of the batch norm behind them.
    /// </summary>
    private static (NamedTensor Weight, NamedTensor Mean) ForOurImages(NamedTensor weight, NamedTensor runningMean)
    {
        const int Plane = Side * Side;
        var (ours, mean) = (new float[weight.Values.Length], (float[])runningMean.Values.Clone());
        for (var output = 0; output < mean.Length; output++)
        {
            var constant = 0.0;
            for (var channel = 0; channel < 3; channel++)
            {
                var theirs = weight.Values.AsSpan(((output * 3) + 2 - channel) * Plane, Plane);
                var sum = 0.0;
                for (var i = 0; i < Plane; i++)
                {
                    ours[(((output * 3) + channel) * Plane) + i] = (float)(theirs[i] * 255 * Deviation[channel]);
                    sum += theirs[i];
                }

                constant += sum * ((255 * Mean[channel]) - TakenOff[channel]);
            }

            mean[output] -= (float)constant;
        }

        return (weight with { Values = ours }, runningMean with { Values = mean });
    }

    private static NamedTensor Input(OnnxGraph graph, OnnxNode node, int index) =>
        node.Inputs.Count > index && graph.Tensors.TryGetValue(node.Inputs[index], out var tensor)
            ? tensor
            : throw new InvalidDataException($"the file's network has no tensor as input {index} of a {node.Kind}.");

    /// <summary>A convolution and the batch norm behind it.</summary>
    private sealed record Convolution(string Name, string Norm, int Out, int In, int Side);
}
