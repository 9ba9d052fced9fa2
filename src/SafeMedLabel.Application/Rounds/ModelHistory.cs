using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Rounds;

/// <summary>A model that a project has made.</summary>
/// <param name="Round">The round that made it.</param>
/// <param name="IsActive">Whether it is the one that may be used.</param>
/// <param name="Promise">Its certificate, where it may be relied on.</param>
/// <param name="Promotions">How it became the active one, the first first; empty where it never did.</param>
public sealed record ModelHistory(Round Round, bool IsActive, Certificate? Promise, IReadOnlyList<Promotion> Promotions);
