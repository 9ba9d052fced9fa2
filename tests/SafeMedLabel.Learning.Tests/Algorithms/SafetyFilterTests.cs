using System.Text.Json;
using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Algorithms;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Algorithms;

public sealed class SafetyFilterTests : IDisposable
{
    private const int Passes = 10;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Pseudo_labels_uncertainties_and_weights_agree_with_the_independently_computed_values_to_1e_5()
    {
        using var oracle = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("oracle/safety-filter.json")));
        var passes = oracle.RootElement.GetProperty("passes").Deserialize<double[][][]>()!;
        var probabilities = tensor(passes.SelectMany(pass => pass.SelectMany(row => row)).Select(p => (float)p).ToArray(), [passes.Length, passes[0].Length, 2]);

        var pseudo = SafetyFilter.Judge(probabilities, new SafetyFilterOptions(), 0.2);
        var (uncertainty, bald) = (SafetyFilter.Uncertainty(probabilities, UncertaintyMeasure.Variance), SafetyFilter.Uncertainty(probabilities, UncertaintyMeasure.Bald));

        for (var image = 0; image < passes[0].Length; image++)
        {
            Assert.Equal(Expected("pseudo_label", image), pseudo.Classes[image].ToInt64());
            Assert.Equal(Expected("uncertainty", image), uncertainty[image].ToDouble(), 1e-5);
            Assert.Equal(Expected("bald", image), bald[image].ToDouble(), 1e-5);
            Assert.Equal(Expected("final", image), pseudo.Weights[image].ToDouble(), 1e-5);
            Assert.Equal(Expected("final", image) > 0, pseudo.Certain[image].ToBoolean());
        }

        double Expected(string name, int image) => oracle.RootElement.GetProperty(name)[image].GetDouble();
    }

    [Property(MaxTest = 50)]
    public void Uncertainties_of_batches_are_those_of_single_images_for_any_number_of_classes(ulong seed, byte extraClasses)
    {
        var classes = 2 + (extraClasses % 5);
        var rows = Random(seed, classes);
        var probabilities = tensor(rows, [Passes, 1, classes]);
        var single = new StochasticPasses(rows, Passes, classes);
        var mean = new double[classes];
        single.Mean(mean);

        Assert.Equal(single.Uncertainty(), SafetyFilter.Uncertainty(probabilities, UncertaintyMeasure.Variance).ToDouble(), 1e-5);
        Assert.Equal(single.Bald(), SafetyFilter.Uncertainty(probabilities, UncertaintyMeasure.Bald).ToDouble(), 1e-5);
        Assert.Equal(1 - mean.Max(), SafetyFilter.Uncertainty(probabilities, UncertaintyMeasure.Doubt).ToDouble(), 1e-5);
    }

    [Fact]
    public void An_uncertainty_at_the_limit_is_discarded_and_so_is_one_that_is_no_number()
    {
        // Two passes, 0 and 1: u = 1 exactly.
        var contradiction = tensor(new float[] { 1, 0, 0, 1 }, [2, 1, 2]);
        var nonsense = full([2, 1, 2], float.NaN);

        Assert.False(Passes1(contradiction, 1).Certain.ToBoolean());
        Assert.True(Passes1(contradiction, 1.01).Certain.ToBoolean());
        Assert.Equal(new FilterLedger(0, 1, 0, 0, 0, 0), Passes1(contradiction, 1).Count(null));
        Assert.False(Passes1(nonsense, double.PositiveInfinity).Certain.ToBoolean());

        static PseudoLabels Passes1(Tensor passes, double limit) => SafetyFilter.Judge(passes, new SafetyFilterOptions(), limit);
    }

    [Property(MaxTest = 50)]
    public void The_published_filter_can_reject_no_image_that_is_confident_on_average_and_its_weight_rejects_none(ulong seed, byte surePasses)
    {
        // Passes as contradictory as can be: each wholly sure, a few of them of the other class; and random ones.
        var sure = Math.Min((int)surePasses, Passes);
        float[] contradictory = [.. Enumerable.Range(0, Passes).SelectMany(t => t < sure ? new[] { 1f, 0f } : [0f, 1f])];
        foreach (var rows in new[] { contradictory, Random(seed, 2) })
        {
            var probabilities = tensor(rows, [Passes, 1, 2]);
            var pseudo = SafetyFilter.Judge(probabilities, new SafetyFilterOptions(), 0.2);
            var weight = SafetyFilter.Judge(probabilities, new SafetyFilterOptions(), double.PositiveInfinity).Weights.ToDouble();

            Assert.True(pseudo.Certain.ToBoolean() || probabilities.mean([0]).max().ToDouble() <= 0.90 + 1e-6);
            Assert.InRange(weight, 0.268, 0.818);
        }
    }

    [Fact]
    public void A_hard_weight_stops_what_is_less_confident_than_its_midpoint_and_counts_the_others_fully()
    {
        var probabilities = tensor(new float[] { 0.65f, 0.35f, 0.75f, 0.25f }, [1, 2, 2]).expand(2, 2, 2);

        var pseudo = SafetyFilter.Judge(probabilities, new SafetyFilterOptions { HardWeight = true }, 0.2);

        Assert.Equal([0f, 1f], pseudo.Weights.data<float>().ToArray());
        Assert.Equal(new FilterLedger(1, 0, 1, 1, 1, 0), pseudo.Count(tensor(new long[] { 0, 1 })));
    }

    /// <summary>Random distributions, [T, 1, K] row by row.</summary>
    private static float[] Random(ulong seed, int classes)
    {
        var random = new Random((int)(seed % int.MaxValue));
        return [.. Enumerable.Range(0, Passes).SelectMany(_ =>
        {
            var weights = Enumerable.Range(0, classes).Select(_ => Math.Pow(random.NextDouble(), 3) + 1e-6).ToArray();
            return weights.Select(w => (float)(w / weights.Sum()));
        })];
    }
}
