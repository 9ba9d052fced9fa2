using System.Text.Json;
using System.Text.Json.Nodes;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Cli.Tests;

/// <summary>What <c>predict</c> decides of images that the model is sure of, and what it says that this rests on, in the table and in the JSON.</summary>
public sealed class PredictTests(SureModel model) : IClassFixture<SureModel>
{
    private static readonly Certificate Promise = new(0.5, 1, 1000, 16, 2, 0.006, 0.01, 0.05);

    private readonly string[] _images = model.Images;

    private string Model => model.Path;

    [Theory]
    [InlineData("none")]
    [InlineData("null")]
    [InlineData("early")]
    [InlineData("early, converted")]
    public async Task Without_a_certificate_that_counts_patients_every_image_is_referred_and_table_and_JSON_say_why(string kind)
    {
        CommandTests.ChangeCard(Model, card =>
        {
            card["Certificate"] = kind == "null" ? null : JsonSerializer.SerializeToNode(Promise with { Patients = 0 });
            _ = kind == "none" && card.AsObject().Remove("Certificate");
            _ = kind == "early" && card["Certificate"]!.AsObject().Remove("Patients");
        });

        Assert.All(await AnswersAsync(_images), answer =>
        {
            Assert.Equal("refer", answer["decision"]!.GetValue<string>());
            Assert.Equal("none", answer["basis"]!.GetValue<string>());
            Assert.True(answer.AsObject().ContainsKey("threshold") && answer.AsObject().ContainsKey("certificate"));
            Assert.Equal((null, null), (answer["threshold"], answer["certificate"]));
        });
        var why = kind.StartsWith("early", StringComparison.Ordinal)
            ? "the model's certificate is of an early version, which did not count patients, and promises nothing;"
            : "no certificate says above which probability this model's answers may stand;";
        var table = await TableAsync(_images);
        Assert.EndsWith($"Every image is referred to an expert: {why} --threshold sets a threshold of your own.", table, StringComparison.Ordinal);
        Assert.DoesNotContain("accept", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_valid_certificate_decides_and_the_JSON_has_its_promise_in_the_form_of_the_API()
    {
        CommandTests.ChangeCard(Model, card => card["Certificate"] = JsonSerializer.SerializeToNode(Promise));

        Assert.All(await AnswersAsync(_images), answer =>
        {
            Assert.Equal(("accept", 0.5, "certificate"), Of(answer));
            Assert.Equal(
                """{"threshold":0.5,"largestRate":0.01,"confidence":0.95,"patients":16,"images":1000}""", answer["certificate"]!.ToJsonString());
        });
        Assert.Contains("(certificate in the model).", await TableAsync(_images), StringComparison.Ordinal);

        CommandTests.ChangeCard(Model, card => card["Certificate"]!["Threshold"] = 1);
        Assert.All(await AnswersAsync(_images), answer => Assert.Equal(("refer", 1, "certificate"), Of(answer)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_threshold_of_ones_own_decides_and_no_certificate_stands_behind_it(bool isCertified)
    {
        CommandTests.ChangeCard(Model, card => card["Certificate"] = isCertified ? JsonSerializer.SerializeToNode(Promise with { Threshold = 1 }) : null);

        Assert.All(await AnswersAsync([.. _images, "--threshold", "0.9"]), answer =>
        {
            Assert.Equal(("accept", 0.9, "chosen"), Of(answer));
            Assert.Null(answer["certificate"]);
        });
        Assert.EndsWith(
            "Accepted above 0.9, as asked for: no certificate stands behind it, and nothing is promised.",
            await TableAsync([.. _images, "--threshold", "0.9"]),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Patients", -1)]
    [InlineData("Patients", 1001)]
    [InlineData("Threshold", 2)]
    [InlineData("UpperBound", 1)]
    public async Task A_certificate_that_cannot_be_is_an_error_also_where_one_chooses_a_threshold(string field, int value)
    {
        CommandTests.ChangeCard(Model, card =>
        {
            card["Certificate"] = JsonSerializer.SerializeToNode(Promise);
            card["Certificate"]![field] = value;
        });

        foreach (var options in new string[][] { [], ["--threshold", "0.9"], ["--json"] })
        {
            var (code, output, error) = await CommandTests.RunAsync(["predict", "--model", Model, .. _images, .. options]);
            Assert.Equal(
                (1, "", "safemed: The model's card cannot be believed: no certificate has such numbers."), (code, output.TrimEnd(), error.TrimEnd()));
        }
    }

    private static (string Decision, double Threshold, string Basis) Of(JsonNode answer) =>
        (answer["decision"]!.GetValue<string>(), answer["threshold"]!.GetValue<double>(), answer["basis"]!.GetValue<string>());

    private Task<JsonNode[]> AnswersAsync(params string[] arguments) => model.AnswersAsync(arguments);

    /// <summary>The table and the sentence below it, without the line breaks of a narrow terminal.</summary>
    private async Task<string> TableAsync(params string[] arguments)
    {
        var (code, output, error) = await CommandTests.RunAsync(["predict", "--model", Model, .. arguments]);
        Assert.True(code == 0, error);
        return string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
