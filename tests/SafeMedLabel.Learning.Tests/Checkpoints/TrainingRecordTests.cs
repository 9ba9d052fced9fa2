using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using FsCheck.Xunit;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Learning.Tests.Checkpoints;

public sealed class TrainingRecordTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static ModelCard Card { get; } = new() { ClassNames = ["A", "B"], ImageSize = 32, Method = "supervised", Software = "0.1.0", CreatedUtc = DateTime.UnixEpoch };

    public void Dispose() => _folder.Dispose();

    [Property]
    public bool What_was_seen_is_known_after_it_was_stored_and_nothing_else_is(int[] drawn, int[] others)
    {
        var seen = drawn.ToHashSet();
        var stored = JsonSerializer.Serialize(SeenData.Of([.. seen.Select(i => (HashOf(i), (string?)$"patient {i}"))]).Store());
        var read = SeenData.Read(JsonSerializer.Deserialize<SeenData.Stored>(stored)!);
        return (read.Images, read.Patients) == (seen.Count, seen.Count)
            && seen.All(i => read.Has(HashOf(i), null) && read.Has(HashOf(-1), $"patient {i}"))
            && others.Except(seen).All(i => !read.Has(HashOf(i), $"patient {i}") && !read.Has(HashOf(i), null));
    }

    [Fact]
    public void A_models_file_says_what_it_was_trained_on_and_so_do_the_weights_that_are_read_from_it()
    {
        Save("model.safetensors", new TrainingRecord(SeenData.Of([(HashOf(1), "patient one")]), SeenData.Of([(HashOf(2), "P2")]), IsComplete: true));

        var (network, card) = ModelFile.Load(_folder.File("model.safetensors"));
        network.Dispose();
        using var weights = InitialWeights.Read(_folder.File("model.safetensors"));

        Assert.All([card.TrainedOn, ModelFile.ReadCard(_folder.File("model.safetensors")).TrainedOn, weights.TrainedOn], record =>
        {
            Assert.True(record is { IsComplete: true, Learned: { Images: 1, Patients: 1 }, Tuned: { Images: 1, Patients: 1 } });
            Assert.True(record.Learned.Has(HashOf(1), null) && record.Tuned.Has(HashOf(0), "P2"));
            Assert.False(record.Has(HashOf(3), "P3"));
        });
        // For people it is no reading, and patients' names are in neither file.
        Assert.All(Directory.GetFiles(_folder.Path), file => Assert.DoesNotContain("patient one", File.ReadAllText(file, Encoding.Latin1), StringComparison.Ordinal));
        Assert.DoesNotContain("TrainedOn", File.ReadAllText(_folder.File("model.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_adds_its_images_to_those_of_the_weights_it_began_with_and_what_nobody_recorded_stays_unknown()
    {
        Save("known.safetensors", new TrainingRecord(SeenData.Of([(HashOf(1), "patient one")]), SeenData.None, IsComplete: true));
        Save("unknown.safetensors", TrainingRecord.Unknown);
        using var imageNet = InitialWeights.ReadImageNet();
        Assert.True(imageNet.TrainedOn is { IsComplete: true, Learned.Images: 0 });

        using var known = InitialWeights.Read(_folder.File("known.safetensors"));
        using var unknown = InitialWeights.Read(_folder.File("unknown.safetensors"));
        var record = new TrainingRecord(SeenData.Of([(HashOf(2), "P2")]), SeenData.None, IsComplete: true);
        using var pixels = Cells.Draw(12);
        ModelCard Train(InitialWeights? weights)
        {
            var trainer = new Trainer(new TrainingOptions { Algorithm = AlgorithmKind.Supervised, Epochs = 1, MinimumSteps = 1 }, Cells.Data(pixels, 8, 0) with { Record = record }, weights);
            using var network = trainer.Train(cancellationToken: TestContext.Current.CancellationToken);
            return trainer.Describe(network, ["A", "B"], "test");
        }

        Assert.True(Train(known).TrainedOn is { IsComplete: true, Learned.Images: 2 });
        Assert.True(Train(unknown).TrainedOn is { IsComplete: false, Learned.Images: 1 });
        Assert.True(Train(null).TrainedOn is { IsComplete: true, Learned.Images: 1 });
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"Learned":{"Images":"AAAA","Patients":""},"Tuned":{"Images":"","Patients":""},"IsComplete":true}""")]
    [InlineData("""{"Learned":{"Images":"AAAAAAACAAAAAAAB","Patients":""},"Tuned":{"Images":"","Patients":""},"IsComplete":true}""")]
    [InlineData("""{"Learned":{"Images":"?","Patients":""},"Tuned":{"Images":"","Patients":""},"IsComplete":true}""")]
    [InlineData("""{"Learned":{"Images":"","Patients":""},"Tuned":null,"IsComplete":true}""")]
    public void A_damaged_record_is_refused_in_one_sentence_and_not_taken_for_none(string record)
    {
        Save("model.safetensors", TrainingRecord.None);
        using (var network = new ResNet18(2, seed: 1))
        {
            var metadata = SafeTensors.ReadMetadata(_folder.File("model.safetensors")).ToDictionary();
            metadata["safemed.trained-on"] = record;
            SafeTensors.Write(_folder.File("model.safetensors"), network.Tensors(), metadata);
        }

        Assert.Matches(@"^[^.]+\.$", Assert.Throws<InvalidDataException>(() => ModelFile.ReadCard(_folder.File("model.safetensors"))).Message);
    }

    private static string HashOf(int i) => Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(i)));

    private void Save(string name, TrainingRecord record)
    {
        using var network = new ResNet18(2, seed: 1);
        ModelFile.Save(_folder.File(name), network, Card with { TrainedOn = record });
    }
}
