using MathNet.Numerics.Distributions;

namespace SafeMedLabel.Core.Statistics;

/// <summary>
/// By how much a quantity of some patients' images lies off that of reference patients. The patient counts, not the image: images of one patient share
/// a stain and a camera, and a thousand of them say no more about the next smear than one does.
/// </summary>
/// <param name="Reference">Mean over the reference patients.</param>
/// <param name="Value">Mean over the patients that are compared.</param>
/// <param name="Deviations">Their difference in standard deviations of reference patients; negative where the compared ones lie lower.</param>
/// <param name="PValue">Two-sided: how often patients drawn like the reference ones would lie so far off.</param>
/// <param name="Patients">Patients that are compared.</param>
/// <param name="ReferencePatients">Reference patients.</param>
public sealed record PatientShift(double Reference, double Value, double Deviations, double PValue, int Patients, int ReferencePatients)
{
    /// <summary>With fewer reference patients their spread is not known well enough to call anything unusual.</summary>
    public const int FewestReferencePatients = 5;

    /// <summary>
    /// Student's t test for two samples of equal variance (Student, <em>Biometrika</em> 6, 1908), which holds for a single compared patient too.
    /// </summary>
    /// <param name="reference">One mean per reference patient.</param>
    /// <param name="compared">One mean per compared patient.</param>
    /// <returns>The shift; null with fewer than <see cref="FewestReferencePatients"/>, without compared patients, and where the reference ones do not differ.</returns>
    public static PatientShift? Between(IReadOnlyCollection<double> reference, IReadOnlyCollection<double> compared)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(compared);
        if (reference.Count < FewestReferencePatients || compared.Count == 0)
        {
            return null;
        }

        var (usual, spread) = Sample.MeanAndDeviation(reference);
        var (mean, ownSpread) = Sample.MeanAndDeviation(compared);
        if (spread is not > 0)
        {
            return null;
        }

        var freedom = reference.Count + compared.Count - 2;
        var squares = ((reference.Count - 1) * spread.Value * spread.Value) + ((compared.Count - 1) * (ownSpread ?? 0) * (ownSpread ?? 0));
        var error = Math.Sqrt(squares / freedom * ((1.0 / reference.Count) + (1.0 / compared.Count)));
        var t = Math.Abs(mean - usual) / error;
        return new PatientShift(usual, mean, (mean - usual) / spread.Value, Math.Min(1, 2 * StudentT.CDF(0, 1, freedom, -t)), compared.Count, reference.Count);
    }
}
