using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace SafeMedLabel.Core.Statistics;

/// <summary>
/// Counts events among images of some patients, and bounds their rate among images of <em>other</em> patients. Images of one patient share a stain,
/// a camera and a reader: a few patients say less than as many images that have nothing to do with each other.
/// </summary>
public sealed class PatientCounts
{
    private readonly int[] _patientOf;
    private readonly int[] _images;
    private readonly int[] _events;
    private readonly double _typicalSize;

    /// <summary>No event counted yet.</summary>
    /// <param name="patients">Patient of each image.</param>
    public PatientCounts(IReadOnlyList<string> patients)
    {
        ArgumentNullException.ThrowIfNull(patients);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        _patientOf = [.. patients.Select(patient => numbers.TryGetValue(patient, out var number) ? number : numbers[patient] = numbers.Count)];
        (_images, _events) = (new int[numbers.Count], new int[numbers.Count]);
        foreach (var patient in _patientOf)
        {
            _images[patient]++;
        }

        _typicalSize = _images.Sum(n => (double)n * n) / Math.Max(1, _patientOf.Length);
    }

    /// <summary>Patients.</summary>
    public int Patients => _images.Length;

    /// <summary>Events counted.</summary>
    public int Events { get; private set; }

    /// <summary>Events divided by images.</summary>
    private double Rate => (double)Events / _patientOf.Length;

    /// <summary>Counts the image at an index as an event; each at most once.</summary>
    public void Add(int image)
    {
        _events[_patientOf[image]]++;
        Events++;
    }

    /// <summary>
    /// How far patients' rates lie apart beyond chance: their variance divided by the squared rate, 0 or more. From the variance of the rate with patients as
    /// clusters, by linearisation, of which chance alone explains p (1 − p) ÷ n. 0 where there are no events to tell from.
    /// </summary>
    public double Spread()
    {
        if (Events == 0 || Events == _patientOf.Length || Patients < 2)
        {
            return 0;
        }

        var (n, p) = ((double)_patientOf.Length, Rate);
        var squares = _images.Zip(_events, (images, events) => Math.Pow(events - (p * images), 2)).Sum();
        var variance = Patients / (Patients - 1.0) * squares / (n * n);
        var designEffect = variance / (p * (1 - p) / n);
        return Math.Max(0, (designEffect - 1) / (_typicalSize * p));
    }

    /// <summary>
    /// A one-sided bound of the rate among other patients of the same kind. E. Korn and B. Graubard's (<em>Survey Methodology</em> 24, 1998): Clopper and
    /// Pearson's with as many images as would say as much if they had nothing to do with each other, n ÷ design effect, and fewer for the degrees of
    /// freedom that patients leave to estimate it. Unlike theirs the design effect is the one at the rate that is tested, not at the rate seen:
    /// patients who differ and happen to have few events would make it small, and the bound with it. docs/statistics.md has how often it fails.
    /// </summary>
    /// <param name="doubt">Above 0, below 1; 0.05 for a bound that holds in 95 %.</param>
    /// <param name="spread">How far patients lie apart, as <see cref="Spread"/> says it of these events or of more.</param>
    /// <returns>The bound; 1 with fewer than two patients, and where patients are too few for any.</returns>
    public double UpperBound(double doubt, double spread)
    {
        if (doubt is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(doubt), doubt, "A doubt lies between 0 and 1.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(spread);
        if (Patients < 2 || Events == _patientOf.Length)
        {
            return 1;
        }

        double Quantile(double freedom) => StudentT.InvCDF(0, 1, freedom, 1 - doubt);
        var independent = _patientOf.Length * Math.Pow(Quantile(_patientOf.Length - 1) / Quantile(Patients - 1), 2);
        double ChanceOfAsFew(double rate)
        {
            var images = independent / (1 + (spread * _typicalSize * rate));
            var events = Rate * images;
            return SpecialFunctions.BetaRegularized(images - events, events + 1, 1 - rate);
        }

        return Bisection.Solve(Rate, 1, rate => ChanceOfAsFew(rate) > doubt);
    }
}
