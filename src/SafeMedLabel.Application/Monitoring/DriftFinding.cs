using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>One quantity of a group's images beside the training data.</summary>
/// <param name="Quantity">Which.</param>
/// <param name="Shift">How far off it lies.</param>
/// <param name="PValue">Holm's, over all quantities of the group.</param>
public sealed record DriftFinding(DriftQuantity Quantity, PatientShift Shift, double PValue)
{
    /// <summary>Level of the alarm: one group in a hundred like the training data raises one by chance.</summary>
    public const double Level = 0.01;

    /// <summary>Less is no alarm however certain it is: patients of the training data differ by as much.</summary>
    public const double SmallestDeviations = 1;

    /// <summary>True where the quantity lies off the training data beyond chance, and by more than training patients usually differ.</summary>
    public bool IsAlarm => PValue < Level && Math.Abs(Shift.Deviations) >= SmallestDeviations;

    /// <summary>Every quantity of which enough patients are known.</summary>
    /// <param name="reference">One mean per patient of the training data, by quantity.</param>
    /// <param name="compared">One mean per patient of the group.</param>
    public static IReadOnlyList<DriftFinding> Compare(
        Func<DriftQuantity, IReadOnlyCollection<double>> reference, Func<DriftQuantity, IReadOnlyCollection<double>> compared)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(compared);
        var shifts = Enum.GetValues<DriftQuantity>()
            .Select(quantity => (Quantity: quantity, Shift: PatientShift.Between(reference(quantity), compared(quantity))))
            .Where(s => s.Shift is not null).ToList();
        var adjusted = HolmCorrection.Adjust([.. shifts.Select(s => s.Shift!.PValue)]);
        return [.. shifts.Zip(adjusted, (s, p) => new DriftFinding(s.Quantity, s.Shift!, p))];
    }
}
