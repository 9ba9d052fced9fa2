namespace SafeMedLabel.Application.Exports;

/// <summary>What an adjudicator decided, as it leaves the program.</summary>
/// <param name="Adjudicator">Their pseudonym or name.</param>
/// <param name="Answer">The class; null where the image cannot be read.</param>
/// <param name="AtUtc">When it was stored.</param>
public sealed record ExportedDecision(string Adjudicator, string? Answer, DateTime AtUtc);
