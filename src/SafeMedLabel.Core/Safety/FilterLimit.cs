using System.Globalization;
using System.Text.Json.Serialization;

namespace SafeMedLabel.Core.Safety;

/// <summary>
/// The limit of the safety filter's first layer: an image whose uncertainty reaches it is discarded. A constant, as published, or
/// found anew for each epoch, because a model's uncertainties change while it learns.
/// </summary>
/// <param name="Kind">How the limit is found.</param>
/// <param name="Level">
/// <see cref="LimitKind.Constant"/>: the limit itself, 0 or more. <see cref="LimitKind.Quantile"/>: the fraction of the pool that passes,
/// 0 to 1. <see cref="LimitKind.Calibrated"/>: the fraction of mistakes among those that pass, 0 to 1. <see cref="LimitKind.Off"/>: not read.
/// </param>
public sealed record FilterLimit(LimitKind Kind, double Level)
{
    /// <summary>Everything passes.</summary>
    public static FilterLimit Off { get; } = new(LimitKind.Off, 0);

    /// <summary>A given limit.</summary>
    public static FilterLimit Constant(double limit) => new(LimitKind.Constant, limit);

    /// <summary>Reads "off", a constant as "0.2", a quantile of the pool as "q0.8", or a rate of mistakes to calibrate for as "e0.02".</summary>
    /// <exception cref="ArgumentException">It is none of these.</exception>
    public static FilterLimit Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == "off")
        {
            return Off;
        }

        var kind = text.Length == 0 ? LimitKind.Constant : text[0] switch { 'q' => LimitKind.Quantile, 'e' => LimitKind.Calibrated, _ => LimitKind.Constant };
        var limit = double.TryParse(kind == LimitKind.Constant ? text : text[1..], NumberStyles.Float, CultureInfo.InvariantCulture, out var level)
            ? new FilterLimit(kind, level)
            : null;
        return limit?.IsValid == true
            ? limit
            : throw new ArgumentException($"A filter's limit is off, a number as 0.2, a quantile as q0.8 or a rate of mistakes as e0.02, not '{text}'.");
    }

    /// <summary>Whether the level is in its range.</summary>
    [JsonIgnore]
    public bool IsValid => Kind switch
    {
        LimitKind.Off => true,
        LimitKind.Constant => Level >= 0 && double.IsFinite(Level),
        _ => Level is >= 0 and <= 1,
    };

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Kind switch
    {
        LimitKind.Off => "off",
        LimitKind.Quantile => string.Create(CultureInfo.InvariantCulture, $"q{Level}"),
        LimitKind.Calibrated => string.Create(CultureInfo.InvariantCulture, $"e{Level}"),
        _ => Level.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// The least limit below which the fraction <paramref name="level"/> of the uncertainties lies; of equal ones all or none, rather
    /// more than fewer.
    /// </summary>
    /// <param name="uncertainties">Of a sample of the pool.</param>
    /// <param name="level">0 to 1.</param>
    /// <returns>0 where none shall pass or there are none; infinity where all shall.</returns>
    public static double Quantile(IEnumerable<double> uncertainties, double level)
    {
        double[] sorted = [.. uncertainties.Order()];
        var passing = (int)Math.Ceiling(level * sorted.Length);
        return passing == 0 ? 0 : LimitAfter(sorted, passing - 1);
    }

    /// <summary>
    /// The greatest limit below which at most the fraction <paramref name="level"/> of images is mistaken: what the filter promises is
    /// then the error of the pseudo-labels, rather than a number of no meaning of its own. Below it must lie so many images that the
    /// fraction allows one mistake: a few that are right by luck prove nothing.
    /// </summary>
    /// <param name="judged">Images whose class is known and that were not trained on: their uncertainty, and whether the model is wrong.</param>
    /// <param name="level">0 to 1.</param>
    /// <returns>0 where no limit keeps the promise; infinity where all may pass.</returns>
    public static double Calibrate(IEnumerable<(double Uncertainty, bool IsWrong)> judged, double level)
    {
        var sorted = judged.OrderBy(j => j.Uncertainty).ToArray();
        double[] uncertainties = [.. sorted.Select(j => j.Uncertainty)];
        var (limit, wrong) = (0.0, 0);
        for (var i = 0; i < sorted.Length; i++)
        {
            wrong += sorted[i].IsWrong ? 1 : 0;
            var endsRun = i == sorted.Length - 1 || uncertainties[i + 1] > uncertainties[i];
            if (endsRun && level * (i + 1) >= 1 && wrong <= level * (i + 1))
            {
                limit = LimitAfter(uncertainties, i);
            }
        }

        return limit;
    }

    /// <summary>The next greater uncertainty: the one at <paramref name="last"/> and its equals lie below it.</summary>
    private static double LimitAfter(double[] sorted, int last)
    {
        var next = Array.FindIndex(sorted, last, value => value > sorted[last]);
        return next < 0 ? double.PositiveInfinity : sorted[next];
    }
}
