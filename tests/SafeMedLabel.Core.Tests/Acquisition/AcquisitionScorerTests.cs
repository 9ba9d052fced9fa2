using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Acquisition;

public class AcquisitionScorerTests
{
    /// <summary>Sure and agreed; unsure and agreed; each pass sure of something else; each pass leaning another way.</summary>
    private static readonly Dictionary<string, float[]> Images = new()
    {
        ["sure"] = Passes.Binary(0.98f, 0.99f, 0.98f, 0.99f),
        ["unsure"] = Passes.Binary(0.5f, 0.5f, 0.5f, 0.5f),
        ["torn"] = Passes.Binary(0.02f, 0.97f, 0.02f, 0.97f),
        ["leaning"] = Passes.Binary(0.2f, 0.7f, 0.2f, 0.7f),
    };

    [Theory]
    [InlineData(AcquisitionFunction.Bald, "torn leaning sure unsure")]
    [InlineData(AcquisitionFunction.Variance, "torn leaning sure unsure")]
    [InlineData(AcquisitionFunction.Entropy, "unsure torn leaning sure")]
    [InlineData(AcquisitionFunction.LeastConfidence, "unsure torn leaning sure")]
    [InlineData(AcquisitionFunction.Margin, "unsure torn leaning sure")]
    public void Images_are_ranked_by_what_the_function_asks_about(AcquisitionFunction function, string expected)
    {
        string[] names = [.. Images.Keys];
        var scores = names.Select(name => AcquisitionScorer.Score(function, new StochasticPasses(Images[name], 4, 2), name, 0)).ToArray();

        Assert.Equal(expected, string.Join(' ', AcquisitionScorer.Rank(scores, names).Select(i => names[i])));
    }

    [Fact]
    public void Equal_scores_are_ranked_by_content_hash()
    {
        Assert.Equal([3, 2, 0, 1], AcquisitionScorer.Rank([0.5, 0.5, 0.5, 0.9], ["b", "c", "B", "z"]));
    }

    [Property]
    public void Presenting_the_images_in_another_order_ranks_them_alike(ulong seed, PositiveInt count)
    {
        var random = new SeededRandom(seed, "ranking");
        var images = Enumerable.Range(0, count.Get).Select(i => (Hash: $"h{i}", Score: (double)random.NextInt(4))).ToArray();
        var ranked = Ranked(images);
        random.Shuffle<(string, double)>(images);

        Assert.Equal(ranked, Ranked(images));
        Assert.Equal(count.Get, ranked.Distinct().Count());

        static string[] Ranked((string Hash, double Score)[] images) =>
            [.. AcquisitionScorer.Rank([.. images.Select(i => i.Score)], [.. images.Select(i => i.Hash)]).Select(i => images[i].Hash)];
    }

    [Fact]
    public void A_random_score_depends_on_seed_and_content_but_not_on_the_model()
    {
        var sure = new StochasticPasses(Images["sure"], 4, 2);
        var torn = new StochasticPasses(Images["torn"], 4, 2);
        var score = AcquisitionScorer.Score(AcquisitionFunction.Random, sure, "hash", 1);

        Assert.Equal(score, AcquisitionScorer.Score(AcquisitionFunction.Random, torn, "hash", 1));
        Assert.NotEqual(score, AcquisitionScorer.Score(AcquisitionFunction.Random, sure, "hash", 2));
        Assert.NotEqual(score, AcquisitionScorer.Score(AcquisitionFunction.Random, sure, "another", 1));
    }

    [Fact]
    public void A_score_that_is_not_a_number_is_refused_rather_than_ranked_last()
    {
        Assert.Throws<ArgumentException>(() => AcquisitionScorer.Rank([1, double.NaN], ["a", "b"]));
        Assert.Throws<ArgumentException>(() => AcquisitionScorer.Rank([1, 2], ["a"]));
    }
}
