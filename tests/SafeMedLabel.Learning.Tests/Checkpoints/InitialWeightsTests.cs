using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Checkpoints;

public sealed class InitialWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ResNet18 _source = new(2, seed: 7);
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _source.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_file_of_torchvisions_names_gives_the_backbone_and_its_own_head_is_left_out()
    {
        // As torchvision has it: no prefix, and a head of a thousand classes.
        var tensors = _source.Tensors().Where(t => !t.Key.StartsWith("base.fc.", StringComparison.Ordinal)).ToDictionary(t => t.Key["base.".Length..], t => t.Value);
        (tensors["fc.weight"], tensors["fc.bias"]) = (zeros(1000, 512), zeros(1000));
        PyTorchCheckpoint.Write(_folder.File("resnet18.pth"), tensors);

        using var network = new ResNet18(3, seed: 1);
        var head = network.Tensors()["base.fc.1.weight"].clone();
        using var weights = InitialWeights.Read(_folder.File("resnet18.pth"));
        weights.CopyTo(network);

        Assert.True(Same(network, "base.layer4.1.conv2.weight"));
        Assert.True(head.equal(network.Tensors()["base.fc.1.weight"]).all().ToBoolean());
        Assert.StartsWith("resnet18.pth (SHA-256 ", weights.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_as_many_classes_gives_its_head_too()
    {
        SafeTensors.Write(_folder.File("model.safetensors"), _source.Tensors(), new Dictionary<string, string>());
        using var network = new ResNet18(2, seed: 1);
        using var weights = InitialWeights.Read(_folder.File("model.safetensors"));
        weights.CopyTo(network);

        Assert.All(network.Tensors().Keys, key => Assert.True(Same(network, key), key));
    }

    [Fact]
    public void Weights_of_another_network_are_refused_and_change_nothing()
    {
        var tensors = _source.Tensors().ToDictionary(t => t.Key, t => t.Value);
        tensors["base.layer1.2.conv1.weight"] = zeros(64, 64, 3, 3);
        SafeTensors.Write(_folder.File("resnet34.safetensors"), tensors, new Dictionary<string, string>());
        using var network = new ResNet18(2, seed: 1);
        var before = network.Tensors()["base.conv1.weight"].clone();
        using var weights = InitialWeights.Read(_folder.File("resnet34.safetensors"));

        Assert.Contains("'base.layer1.2.conv1.weight' belongs to another network", Assert.Throws<InvalidDataException>(() => weights.RequireFit(network)).Message, StringComparison.Ordinal);
        Assert.Contains("'base.layer1.2.conv1.weight' belongs to another network", Assert.Throws<InvalidDataException>(() => weights.CopyTo(network)).Message, StringComparison.Ordinal);
        Assert.True(before.equal(network.Tensors()["base.conv1.weight"]).all().ToBoolean());
    }

    [Fact]
    public void A_file_of_another_hash_is_refused_before_its_tensors_are_read_and_the_one_that_is_meant_is_not()
    {
        SafeTensors.Write(_folder.File("model.safetensors"), _source.Tensors(), new Dictionary<string, string>());
        using var weights = InitialWeights.Read(_folder.File("model.safetensors"));
        File.WriteAllText(_folder.File("changed.safetensors"), "no weights");

        Assert.StartsWith(
            "The file is another one than it was: its SHA-256 is ",
            Assert.Throws<InvalidDataException>(() => InitialWeights.Read(_folder.File("changed.safetensors"), weights.Hash)).Message,
            StringComparison.Ordinal);
        using var same = InitialWeights.Read(_folder.File("model.safetensors"), weights.Hash);
        Assert.Equal(weights.Hash, same.Hash);
    }

    [Fact]
    public void To_ask_whether_weights_fit_changes_no_network()
    {
        SafeTensors.Write(_folder.File("model.safetensors"), _source.Tensors(), new Dictionary<string, string>());
        using var network = new ResNet18(2, seed: 1);
        using var weights = InitialWeights.Read(_folder.File("model.safetensors"));
        weights.RequireFit(network);

        Assert.False(Same(network, "base.conv1.weight"));
    }

    [Fact]
    public void A_file_of_PyTorchs_old_format_is_told_apart_from_a_damaged_one()
    {
        File.WriteAllBytes(_folder.File("old.pth"), [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc]);
        File.WriteAllText(_folder.File("text.pth"), "no weights");

        Assert.Contains("old format", Assert.Throws<InvalidDataException>(() => InitialWeights.Read(_folder.File("old.pth"))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("old format", Assert.Throws<InvalidDataException>(() => InitialWeights.Read(_folder.File("text.pth"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_begins_with_the_weights_and_remembers_them()
    {
        using var pixels = Cells.Draw(48);
        SafeTensors.Write(_folder.File("model.safetensors"), _source.Tensors(), new Dictionary<string, string>());
        using var weights = InitialWeights.Read(_folder.File("model.safetensors"));
        // A rate at which nothing moves: what comes out is what went in.
        var trainer = new Trainer(new TrainingOptions { Epochs = 1, MinimumSteps = 1, LearningRate = 1e-30, BatchSize = 8 }, Cells.Data(pixels, 16, 16), weights);
        using var network = trainer.Train(cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(Same(network, "base.layer3.0.conv1.weight") && Same(network, "base.fc.4.weight"));
        Assert.StartsWith("model.safetensors (SHA-256 ", trainer.Describe(network, ["a", "b"], "test").InitialWeights, StringComparison.Ordinal);
    }

    private bool Same(ResNet18 network, string key) => network.Tensors()[key].allclose(_source.Tensors()[key]);
}
