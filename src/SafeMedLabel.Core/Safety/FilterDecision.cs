namespace SafeMedLabel.Core.Safety;

/// <summary>What the safety filter made of one unlabelled image.</summary>
/// <param name="PseudoLabel">Class of the greatest mean probability; the first of several equal ones.</param>
/// <param name="Confidence">Greatest mean probability max p̄.</param>
/// <param name="Uncertainty">Sum over classes of the unbiased variance over passes.</param>
/// <param name="Weight">σ(γ·(max p̄ − τ_min)), whether accepted or not.</param>
/// <param name="FinalWeight">The weight that the image has in the loss: <paramref name="Weight"/> where accepted, else zero.</param>
/// <param name="Accepted">Whether the uncertainty is below the limit.</param>
public readonly record struct FilterDecision(
    int PseudoLabel, double Confidence, double Uncertainty, double Weight, double FinalWeight, bool Accepted);
