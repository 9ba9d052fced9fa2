namespace SafeMedLabel.Application.Auditing;

/// <summary>Something wrong with the trail.</summary>
/// <param name="EntryId">Number of the entry.</param>
/// <param name="Sentence">What is wrong with it.</param>
public sealed record AuditProblem(long EntryId, string Sentence);
