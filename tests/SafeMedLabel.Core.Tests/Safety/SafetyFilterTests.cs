using System.Text.Json;
using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Tests.Acquisition;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Core.Tests.Safety;

public class SafetyFilterTests
{
    private const double Tolerance = 1e-5;

    [Fact]
    public void Every_decision_agrees_with_the_independently_computed_values()
    {
        using var oracle = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("oracle/safety-filter.json")));
        var passes = oracle.RootElement.GetProperty("passes").Deserialize<double[][][]>()!;
        var filter = new SafetyFilter();

        for (var image = 0; image < passes[0].Length; image++)
        {
            var rows = passes.SelectMany(pass => pass[image]).Select(p => (float)p).ToArray();
            var answers = new StochasticPasses(rows, passes.Length, 2);
            var decision = filter.Decide(answers);

            Assert.Equal(Expected("pseudo_label", image), decision.PseudoLabel);
            Assert.Equal(oracle.RootElement.GetProperty("mean")[image][decision.PseudoLabel].GetDouble(), decision.Confidence, Tolerance);
            Assert.Equal(Expected("uncertainty", image), decision.Uncertainty, Tolerance);
            Assert.Equal(Expected("weight", image), decision.Weight, Tolerance);
            Assert.Equal(Expected("final", image), decision.FinalWeight, Tolerance);
            Assert.Equal(Expected("final", image) > 0, decision.Accepted);
            Assert.Equal(Expected("entropy", image), answers.PredictiveEntropy(), Tolerance);
            Assert.Equal(Expected("bald", image), answers.Bald(), Tolerance);
        }

        double Expected(string name, int image) => oracle.RootElement.GetProperty(name)[image].GetDouble();
    }

    [Fact]
    public void An_image_is_discarded_where_the_passes_contradict_each_other()
    {
        // Eight of ten passes say 1: u = 2 · 0.8 · 0.2 · 10/9 = 0.356.
        var decision = new SafetyFilter().Decide(new StochasticPasses(Passes.Binary(1, 1, 1, 1, 1, 1, 1, 1, 0, 0), 10, 2));

        Assert.False(decision.Accepted);
        Assert.Equal(0.3556, decision.Uncertainty, 4);
        Assert.Equal(0, decision.FinalWeight);
        Assert.Equal(1 / (1 + Math.Exp(-0.5)), decision.Weight, Tolerance);
    }

    [Fact]
    public void An_uncertainty_at_the_limit_is_discarded()
    {
        // Two passes, 0 and 1: u = 1 exactly.
        var passes = Passes.Binary(0, 1);

        Assert.False(new SafetyFilter(new SafetyFilterOptions(UncertaintyLimit: 1)).Decide(new StochasticPasses(passes, 2, 2)).Accepted);
        Assert.True(new SafetyFilter(new SafetyFilterOptions(UncertaintyLimit: 1.01)).Decide(new StochasticPasses(passes, 2, 2)).Accepted);
    }

    [Fact]
    public void Passes_that_are_not_numbers_are_rejected()
    {
        var decision = new SafetyFilter().Decide(new StochasticPasses([float.NaN, float.NaN, float.NaN, float.NaN], 2, 2));

        Assert.False(decision.Accepted);
        Assert.Equal(0, decision.FinalWeight);
    }

    [Property]
    public void The_published_filter_can_reject_no_image_that_is_confident_on_average(ulong seed, byte surePasses)
    {
        // Passes as contradictory as can be: each wholly sure, a few of them of the other class; and random ones.
        var sure = Math.Min((int)surePasses, 10);
        var contradictory = Passes.Binary([.. Enumerable.Range(0, 10).Select(t => t < sure ? 1f : 0f)]);
        var filter = new SafetyFilter();
        foreach (var rows in new[] { contradictory, Passes.Random(seed, 10, 2) })
        {
            var decision = filter.Decide(new StochasticPasses(rows, 10, 2));

            Assert.True(decision.Accepted || decision.Confidence <= 0.90 + 1e-9);
        }
    }

    [Property]
    public void The_published_weight_rejects_nothing(ulong seed)
    {
        var decision = new SafetyFilter().Decide(new StochasticPasses(Passes.Random(seed, 10, 2), 10, 2));

        Assert.InRange(decision.Weight, 0.268, 0.818);
    }
}
