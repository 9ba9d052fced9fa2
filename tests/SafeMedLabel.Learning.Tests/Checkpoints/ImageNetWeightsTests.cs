using System.Text.Json;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Tests.Networks;
using SafeMedLabel.Testing;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Checkpoints;

/// <summary>ImageNet's weights as they were converted while this was built.</summary>
public sealed class ImageNetWeightsTests
{
    private static string Shipped => Path.Combine(AppContext.BaseDirectory, InitialWeights.ImageNetFile);

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    [InlineData(224)]
    public void Features_agree_with_torchvisions_of_the_same_weights_to_1e_3_relative(int size)
    {
        using var scope = NewDisposeScope();
        using var oracle = JsonDocument.Parse(File.ReadAllText(SharedData.Require("oracle/imagenet-resnet18.json")));
        var expected = oracle.RootElement.GetProperty($"{size}");
        using var network = new ResNet18(2, seed: 1);
        using var weights = InitialWeights.ReadImageNet();
        weights.CopyTo(network);
        network.eval();
        using var noGradient = no_grad();
        var features = network.Features(OracleTests.Input(2, size));

        OracleTests.AssertClose(OracleTests.Matrix(expected.GetProperty("features_first8")), features.slice(1, 0, 8, 1), 1e-3);
        OracleTests.AssertClose([[.. expected.GetProperty("features_norm").EnumerateArray().Select(v => v.GetDouble())]], features.norm(1).unsqueeze(0), 1e-3);
    }

    [Fact]
    public void They_are_called_ImageNet_and_known_by_their_hash()
    {
        using var weights = InitialWeights.ReadImageNet();

        Assert.Equal("ImageNet", weights.Name);
        Assert.Equal(64, weights.Hash.Length);
    }

    [Fact]
    public void Their_licence_lies_beside_them()
    {
        Assert.StartsWith("The MIT License", File.ReadAllText(Path.ChangeExtension(Shipped, ".LICENSE.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_damaged_file_is_one_sentence_and_never_random_weights()
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(Shipped);
        // One bit of the last number: everything else of the file is sound.
        bytes[^1] ^= 1;
        File.WriteAllBytes(folder.File("flipped"), bytes);
        File.WriteAllBytes(folder.File("short"), bytes[..^1000]);

        foreach (var (name, problem) in ((string, string)[])[("none", "missing"), ("flipped", "damaged"), ("short", "damaged")])
        {
            var refused = Assert.Throws<InvalidDataException>(() => InitialWeights.ReadImageNet(folder.File(name)));
            Assert.Equal($"ImageNet's weights are {problem}: {folder.File(name)}. Install the program anew, or begin with random weights.", refused.Message);
        }
    }
}
