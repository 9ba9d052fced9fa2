using System.Text.Json;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Checkpoints;

public sealed class ModelFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ResNet18 _network = new(3, seed: 5);
    private readonly DisposeScope _scope = NewDisposeScope();

    private static ModelCard Card { get; } = new()
    {
        ClassNames = ["Gesund", "Übergang", "Befallen"],
        ImageSize = 48,
        Method = "safemed-ssl",
        Options = new TrainingOptions { Epochs = 7, Seed = 3, Filter = new() { Limit = FilterLimit.Parse("q0.8"), Measure = UncertaintyMeasure.Bald } },
        DataHash = "0123abcd",
        Labelled = 12,
        Unlabelled = 34,
        Temperature = 1.5,
        TestPatients = ["C1", "C2"],
        Software = "0.1.0",
        CreatedUtc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
    };

    public void Dispose()
    {
        _scope.Dispose();
        _network.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_saved_model_is_read_back_whole_with_its_card_and_in_evaluation_mode()
    {
        var path = _folder.File("model.safetensors");
        ModelFile.Save(path, _network, Card);

        var (read, card) = ModelFile.Load(path);

        using (read)
        {
            Assert.False(read.training);
            Assert.Equal(1.5, read.Temperature);
            Assert.Equivalent(Card, card, strict: true);
            var own = _network.Tensors();
            Assert.Equal(own.Keys.Order(), read.Tensors().Keys.Order());
            Assert.All(read.Tensors(), entry => Assert.True(entry.Value.equal(own[entry.Key]).all().ToBoolean(), entry.Key));
        }
    }

    [Fact]
    public void The_card_beside_the_model_is_the_same_card_for_people_to_read()
    {
        ModelFile.Save(_folder.File("model.safetensors"), _network, Card);

        var text = File.ReadAllText(_folder.File("model.json"));

        Assert.Contains("Übergang", text, StringComparison.Ordinal);
        Assert.Equivalent(Card, JsonSerializer.Deserialize<ModelCard>(text), strict: true);
    }

    [Fact]
    public void Saving_again_replaces_the_model_and_leaves_nothing_else_behind()
    {
        var path = _folder.File("model.safetensors");
        ModelFile.Save(path, _network, Card);
        ModelFile.Save(path, _network, Card with { Labelled = 99 });

        Assert.Equal(99, ModelFile.ReadCard(path).Labelled);
        Assert.Equal(["model.json", "model.safetensors"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_no_half_one()
    {
        var path = _folder.File("model.safetensors");
        ModelFile.Save(path, _network, Card);
        var before = File.ReadAllBytes(path);

        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new IOException("The disk is full.");
        }));

        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void A_missing_model_is_named()
    {
        var error = Assert.Throws<InvalidDataException>(() => ModelFile.Load(_folder.File("none.safetensors")));
        Assert.Contains("none.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_without_a_card_are_refused()
    {
        var path = _folder.File("tensors.safetensors");
        SafeTensors.Write(path, _network.Tensors(), new Dictionary<string, string>());
        Assert.Throws<InvalidDataException>(() => ModelFile.Load(path));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("{}")]
    public void A_damaged_card_is_refused(string card)
    {
        var path = _folder.File("damaged.safetensors");
        SafeTensors.Write(path, _network.Tensors(), new Dictionary<string, string> { ["safemed"] = card });
        Assert.Throws<InvalidDataException>(() => ModelFile.Load(path));
    }

    [Fact]
    public void A_card_whose_classes_are_missing_or_do_not_fit_the_tensors_is_refused()
    {
        var path = _folder.File("model.safetensors");
        ModelFile.Save(path, _network, Card with { ClassNames = [] });
        Assert.Throws<InvalidDataException>(() => ModelFile.Load(path));

        ModelFile.Save(path, _network, Card with { ClassNames = ["a", "b"] });
        var error = Assert.Throws<InvalidDataException>(() => ModelFile.Load(path));
        Assert.Contains("base.fc.4", error.Message, StringComparison.Ordinal);
    }
}
