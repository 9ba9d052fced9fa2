namespace SafeMedLabel.Application.Auditing;

/// <summary>What a look at the whole trail found.</summary>
/// <param name="Entries">How many entries there are.</param>
/// <param name="Head">Seal of the last one, in hex; empty where there is none. Noted elsewhere, it proves later that nothing up to there was exchanged.</param>
/// <param name="Problems">What is wrong, by entry; at most <see cref="AuditTrail.MaximumProblems"/>.</param>
public sealed record AuditVerification(long Entries, string Head, IReadOnlyList<AuditProblem> Problems)
{
    /// <summary>True where nothing is wrong.</summary>
    public bool IsIntact => Problems.Count == 0;
}
