using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Core.Safety;

/// <summary>Which of a model's answers may stand; an expert looks at all others. Where nothing allows an answer, none may stand.</summary>
public sealed record AcceptanceRule
{
    private AcceptanceRule(double? threshold, Certificate? certificate) => (Threshold, Certificate) = (threshold, certificate);

    /// <summary>The probability above which an answer may stand; null where none may.</summary>
    public double? Threshold { get; }

    /// <summary>The certificate that the threshold is of; null where somebody chose it, and where there is none.</summary>
    public Certificate? Certificate { get; }

    /// <summary>The rule for a model.</summary>
    /// <param name="certificate">What its card or its round holds, valid or not; null for none.</param>
    /// <param name="chosen">A threshold that the user chose, 0 to 1; it stands above the certificate. Null where the certificate decides.</param>
    public static AcceptanceRule Of(Certificate? certificate, double? chosen = null)
    {
        var valid = chosen is null ? Certificate.Valid(certificate) : null;
        return new AcceptanceRule(chosen ?? valid?.Threshold, valid);
    }

    /// <summary>True where the model's answer about a row may stand.</summary>
    public bool Accepts(PredictionSet predictions, int row)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        return Threshold is { } threshold && predictions.IsCovered(row, threshold);
    }
}
