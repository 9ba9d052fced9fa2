using MathNet.Numerics.Distributions;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// How often the gate and the certificate are wrong, on simulated models whose true rates are known. Patients differ: each one's chances of
/// an error are multiplied by a number of its own, gamma-distributed with mean 1 and the standard deviation called spread. What it prints is
/// in docs/statistics.md.
/// </summary>
internal static class StatisticsBenchmark
{
    private const int Simulations = 2000;
    private const double Threshold = 0.9;
    private const double Sure = 0.99;

    /// <summary>Silent failures of the active model, before patients' own numbers.</summary>
    private const double ActiveRate = 0.01;

    /// <summary>Images that a new model of the same kind gets silently wrong as the active one does; the others are other ones.</summary>
    private const double Shared = 0.7;

    private static readonly GateLimits Limits = new(0.02, 0.9, 0.5, 0.005);

    public static object Run() => Gate().Concat(Certificates()).ToDictionary(row => row.Name, row => row.Figures);

    private static IEnumerable<(string Name, string Figures)> Gate() =>
        from size in ((int Images, int Patients)[])[(1000, 20), (4600, 40), (20_000, 150)]
        from spread in (double[])[0, 0.5, 1]
        from times in (double[])[0.5, 1, 2, 3]
        select ($"gate, {size.Images} images of {size.Patients} patients, spread {spread}, candidate's rate x {times}", Verdicts(size.Images, size.Patients, spread, times));

    private static string Verdicts(int images, int patients, double spread, double times)
    {
        var reports = Simulate(random => GateReport.Judge(
            Candidate(images, patients, spread, times, random, out var active, out var names), active, names, Threshold, Limits, (ulong)random.Next()));
        string Percent(Func<GateReport, GateVerdict> verdict, GateVerdict wanted) => $"{(double)reports.Count(r => verdict(r) == wanted) / reports.Length:0.0 %}";
        GateVerdict Difference(GateReport report) => report.Criteria.Single(c => c.Measure == GateMeasure.SilentFailureDifference).Verdict;
        GateVerdict Whole(GateReport report) => report.Verdict;
        return $"worse than the active one: {Percent(Difference, GateVerdict.Fail)}; whole gate: pass {Percent(Whole, GateVerdict.Pass)}, "
            + $"fail {Percent(Whole, GateVerdict.Fail)}, insufficient {Percent(Whole, GateVerdict.InsufficientEvidence)}";
    }

    /// <summary>A pair of models that are right and sure but for their silent failures.</summary>
    private static PredictionSet Candidate(int images, int patients, double spread, double times, Random random, out PredictionSet active, out string[] names)
    {
        var multiples = Multiples(patients, spread, random);
        names = [.. Enumerable.Range(0, images).Select(i => $"{i % patients}")];
        int[] labels = [.. Enumerable.Range(0, images).Select(i => i / patients % 2)];
        var (ofActive, ofCandidate) = (new double[2 * images], new double[2 * images]);
        for (var i = 0; i < images; i++)
        {
            var rate = ActiveRate * multiples[i % patients];
            var isActive = random.NextDouble() < rate;
            // Of the active one's failures the candidate repeats some; from all other images it gets what makes its rate whole.
            var repeated = Math.Min(Shared, Shared * times);
            var isCandidate = random.NextDouble() < (isActive ? repeated : rate * (times - repeated) / (1 - rate));
            Answer(ofActive, i, labels[i], isActive);
            Answer(ofCandidate, i, labels[i], isCandidate);
        }

        active = new PredictionSet(2, labels, ofActive);
        return new PredictionSet(2, labels, ofCandidate);
    }

    private static void Answer(double[] probabilities, int image, int label, bool isWrong)
    {
        var predicted = isWrong ? 1 - label : label;
        probabilities[(2 * image) + predicted] = Sure;
        probabilities[(2 * image) + 1 - predicted] = 1 - Sure;
    }

    private static IEnumerable<(string Name, string Figures)> Certificates() =>
        from size in ((int Images, int Patients)[])[(300, 5), (1000, 10), (2200, 16), (3000, 25), (20_000, 150)]
        from spread in (double[])[0, 0.5, 1, 2, 3]
        from each in (bool[])[true, false]
        select ($"certificate, {size.Images} images of {size.Patients} patients, spread {spread}{(each ? ", as if independent" : "")}", Promises(size.Images, size.Patients, spread, each));

    /// <param name="images">Of a calibration set.</param>
    /// <param name="patients">That they come from.</param>
    /// <param name="spread">Of patients.</param>
    /// <param name="each">The reference: each image is taken for a patient of its own, which makes the bound Clopper and Pearson's.</param>
    private static string Promises(int images, int patients, double spread, bool each)
    {
        string[] names = [.. Enumerable.Range(0, images).Select(i => $"{(each ? i : i % patients)}")];
        var found = Simulate(random => Certificate.Find(
            Calibration(images, patients, spread, random), names, Certificate.UsualRate, Certificate.UsualDoubt));
        var population = Population(spread);
        var given = found.OfType<Certificate>().ToArray();
        var broken = given.Count(c => TrueRate(c.Threshold, population) > Certificate.UsualRate);
        return $"broken {(double)broken / found.Length:0.0 %}, none given {(double)(found.Length - given.Length) / found.Length:0.0 %}, "
            + $"mean coverage of those given {(given.Length == 0 ? 0 : given.Average(c => c.Coverage)):0.0 %}";
    }

    /// <summary>
    /// A calibrated model: at confidence c it errs in 1 − c of the images. c = 1 − u¹⁰ ÷ 2 of a uniform u; 4.5 % of all are wrong.
    /// </summary>
    private static PredictionSet Calibration(int images, int patients, double spread, Random random)
    {
        var multiples = Multiples(patients, spread, random);
        var probabilities = new double[2 * images];
        for (var i = 0; i < images; i++)
        {
            var doubt = Math.Pow(random.NextDouble(), 10) / 2;
            var predicted = random.NextDouble() < doubt * multiples[i % patients] ? 1 : 0;
            probabilities[(2 * i) + predicted] = 1 - doubt;
            probabilities[(2 * i) + 1 - predicted] = doubt;
        }

        return new PredictionSet(2, new int[images], probabilities);
    }

    /// <summary>
    /// ∫ min(1, m u¹⁰ ÷ 2) du over the images that are surer than the threshold, in the mean of all patients' multiples m: of as many quantiles
    /// of the gamma distribution.
    /// </summary>
    private static double TrueRate(double threshold, double[] multiples)
    {
        var sure = Math.Pow(Math.Min(1, 2 * (1 - threshold)), 0.1);
        double Of(double multiple)
        {
            var certain = Math.Min(sure, Math.Pow(2 / multiple, 0.1));
            return (multiple * Math.Pow(certain, 11) / 22) + (sure - certain);
        }

        return multiples.Average(Of);
    }

    /// <summary>Multiples of all patients there are.</summary>
    private static double[] Population(double spread)
    {
        const int Quantiles = 4000;
        var shape = 1 / (spread * spread);
        return [.. Enumerable.Range(0, Quantiles).Select(i => spread == 0 ? 1 : Math.Max(1e-300, Gamma.InvCDF(shape, shape, (i + 0.5) / Quantiles)))];
    }

    private static double[] Multiples(int patients, double spread, Random random)
    {
        var shape = 1 / (spread * spread);
        return [.. Enumerable.Range(0, patients).Select(_ => spread == 0 ? 1 : Gamma.Sample(random, shape, shape))];
    }

    private static T[] Simulate<T>(Func<Random, T> run) => [.. ParallelEnumerable.Range(0, Simulations).AsOrdered().Select(seed => run(new Random(seed)))];
}
