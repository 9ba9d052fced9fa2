using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Learning.Tests.Abuse;

/// <summary>Cards that somebody has changed: none may turn what the model referred to an expert into what it accepts.</summary>
public sealed class TamperedCardTests : IDisposable
{
    /// <summary>What no training writes, as JSON.</summary>
    private static readonly string[] Impossible =
    [
        "null", "-5", "-1", "-1e-300", "1e-300", "1e300", "1e999", "-1e999", "\"NaN\"", "\"Infinity\"", "99999999999", "\"x\"", "\"0.5\"",
        "[]", "[null]", "{}", "{\"x\":null}", "true", "removed",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly ResNet18 _network = new(2, seed: 5);
    private readonly JsonObject _header;
    private readonly string _card;
    private readonly byte[] _weights;
    private readonly byte[] _picture = [.. Enumerable.Range(0, 32 * 32 * 3).Select(i => (byte)(i * 7))];

    public TamperedCardTests()
    {
        ModelFile.Save(Path, _network, new ModelCard
        {
            ClassNames = ["Parasitized", "Uninfected"],
            ImageSize = 32,
            Method = "safemed-ssl",
            Options = new TrainingOptions(),
            InitialWeights = "ImageNet",
            DataHash = "0123",
            LabelHash = "4567",
            Labelled = 12,
            Unlabelled = 34,
            Temperature = 2,
            TestViews = 2,
            Thresholds = new Dictionary<string, double> { ["0.80"] = 0.99, ["0.90"] = 0.999 },
            Certificate = new Certificate(0.9999, 0.1, 1000, 16, 2, 0.006, 0.01, 0.05),
            Validation = new ModelMetrics(10, 0.9, 0.95, 0.3, 0.02, 0.01),
            Calibration = new ModelMetrics(10, 0.9, null, 0.3, 0.02, 0.01),
            TestPatients = ["C1", "C2"],
            Software = "0.1.0",
            CreatedUtc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        });
        var bytes = File.ReadAllBytes(Path);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        (_header, _weights) = (JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject(), bytes[(8 + length)..]);
        _card = (string)_header["__metadata__"]!["safemed"]!;
        Hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    private string Path => _folder.File("model.safetensors");

    private string Hash { get; }

    private JsonObject Card => JsonNode.Parse(_card)!.AsObject();

    public void Dispose()
    {
        _network.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_card_as_it_was_is_believed_sealed_or_not_and_refers_the_picture()
    {
        Assert.Equal("refer", Decide(Path, Hash));
        Assert.Equal("refer", Decide(Path, null));
        Write(Card);
        Assert.Equal("refer", Decide(Path, null));
    }

    [Fact]
    public void Whatever_number_or_list_no_training_writes_the_card_is_refused_or_the_picture_still_referred()
    {
        var places = Places(Card, []).ToArray();
        Assert.InRange(places.Length, 60, 200);

        // A threshold just above 0 is one that a training may write: only a seal tells that this one did not.
        var changes = (from place in Gen.Elements(places) from value in Gen.Elements(Impossible) select (place, value))
            .Where(change => change is not ([.., "Threshold"], "1e-300"));
        Prop.ForAll(changes.ToArbitrary(), change =>
        {
            Write(Changed(change.place, change.value));
            Assert.True(Decide(Path, null) is "refer" or "refused", $"{string.Join('.', change.place)} = {change.value} was accepted.");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    [Fact]
    public void Whatever_of_a_sealed_model_is_changed_it_is_refused()
    {
        var places = Places(Card, []).ToArray();
        var fractions = from tenths in Gen.Choose(0, 10) select (tenths / 10.0).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var values = Gen.OneOf(Gen.Elements(Impossible), fractions);

        Prop.ForAll((from place in Gen.Elements(places) from value in values select (place, value)).ToArbitrary(), change =>
        {
            Write(Changed(change.place, change.value));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path))) == Hash ? "refer" : "refused", Decide(Path, Hash));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    [Theory]
    [InlineData("Certificate.Threshold", "-5", "no certificate has such numbers")]
    [InlineData("Certificate.Threshold", "1.01", "no certificate has such numbers")]
    [InlineData("Certificate.UpperBound", "0.02", "no certificate has such numbers")]
    [InlineData("Certificate.Patients", "1001", "no certificate has such numbers")]
    [InlineData("Temperature", "1e-300", "its temperature is 1e-300, not 0.05 to 20")]
    [InlineData("Temperature", "0", "its temperature is 0, not 0.05 to 20")]
    [InlineData("TestViews", "9", "it asks about 9 views of an image, not 1 to 8")]
    [InlineData("ImageSize", "1000000000", "its images have 1,000,000,000 pixels a side, not 1 to 4,096")]
    [InlineData("Labelled", "-1", "a number of images lies below 0")]
    [InlineData("ClassNames", "[\"a\",\"a\"]", "two classes have one name")]
    [InlineData("ClassNames", "[\"a\",null]", "a class has no name that can be shown")]
    [InlineData("ClassNames", "[\"a\"]", "it names 1 classes, not 2 to 1,000")]
    [InlineData("Thresholds", "{\"0.80\":-1}", "a threshold or its coverage does not lie between 0 and 1")]
    [InlineData("Thresholds", "{\"x\":0.5}", "a threshold or its coverage does not lie between 0 and 1")]
    [InlineData("Validation.Ece", "2", "a measure does not lie in its range")]
    [InlineData("TestPatients", "[null]", "a patient has no name")]
    [InlineData("Options.Epochs", "0", "of its training it says what cannot be. A training has at least one epoch")]
    public void A_card_that_cannot_be_is_refused_with_a_sentence_that_says_why(string place, string value, string sentence)
    {
        Write(Changed(place.Split('.'), value));

        Assert.Equal($"The model's card cannot be believed: {sentence}.", Assert.Throws<InvalidDataException>(() => ModelFile.ReadCard(Path)).Message);
    }

    [Theory]
    [InlineData("Certificate", "null")]
    [InlineData("Certificate", "removed")]
    [InlineData("Certificate.Patients", "removed")]
    [InlineData("Certificate.Patients", "0")]
    public void Without_a_certificate_that_counts_patients_even_the_surest_answer_is_referred(string place, string value)
    {
        var sure = Card;
        (sure["Temperature"], sure["Certificate"]!["Threshold"]) = (0.05, 0.5);
        Write(sure);
        Assert.Equal("accept", Decide(Path, null));

        Write(Changed(sure, place.Split('.'), value));
        Assert.Equal("refer", Decide(Path, null));
    }

    [Fact]
    public void Classes_other_than_the_networks_outputs_are_refused()
    {
        Write(Changed(["ClassNames"], "[\"a\",\"b\",\"c\"]"));
        Assert.Contains("'base.fc.4", Assert.Throws<InvalidDataException>(() => ModelFile.Load(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_billion_classes_are_refused_before_they_are_read()
    {
        _header["__metadata__"]!["safemed"] = $$"""{"ClassNames":[{{string.Concat(Enumerable.Repeat("\"a\",", 5_000_000))}}"a"]}""";
        WriteHeader();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<InvalidDataException>(() => ModelFile.Load(Path));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>What the program would do with the picture: the rule of 'predict' and of the predictions of the API.</summary>
    private string Decide(string path, string? hash)
    {
        try
        {
            var (network, card) = ModelFile.Load(path, hash);
            using var owned = network;
            using var pixels = new PixelStore(_picture.AsMemory(0, Math.Min(_picture.Length, card.ImageSize * card.ImageSize * 3)), card.ImageSize);
            var set = new PredictionSet(network.Classes, [0], new Predictor(network, pixels).Probabilities([0]));
            return AcceptanceRule.Of(card.Certificate).Accepts(set, 0) ? "accept" : "refer";
        }
        catch (InvalidDataException refused)
        {
            Assert.NotEmpty(refused.Message);
            return "refused";
        }
    }

    private static IEnumerable<string[]> Places(JsonObject of, string[] above) => of.SelectMany(member =>
        Places((member.Value as JsonObject) ?? [], [.. above, member.Key]).Prepend([.. above, member.Key]));

    private JsonObject Changed(string[] place, string value) => Changed(Card, place, value);

    private static JsonObject Changed(JsonObject card, string[] place, string value)
    {
        var parent = place[..^1].Aggregate(card, (node, name) => node[name]!.AsObject());
        if (value == "removed")
        {
            parent.Remove(place[^1]);
        }
        else
        {
            parent[place[^1]] = JsonNode.Parse(value);
        }

        return card;
    }

    private void Write(JsonObject card)
    {
        _header["__metadata__"]!["safemed"] = card.ToJsonString();
        WriteHeader();
    }

    private void WriteHeader()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(_header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(Path, [.. length, .. json, .. _weights]);
    }
}
