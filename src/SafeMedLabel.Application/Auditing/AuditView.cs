namespace SafeMedLabel.Application.Auditing;

/// <summary>An entry as people read it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="AtUtc">When.</param>
/// <param name="Actor">The person's name; 'the program' where it was nobody.</param>
/// <param name="Action">What was done.</param>
/// <param name="Project">The project's name; null where it concerns none.</param>
/// <param name="Subject">What it was done to; accounts by their names.</param>
/// <param name="Before">What was there before.</param>
/// <param name="After">What is there now.</param>
public sealed record AuditView(long Id, DateTime AtUtc, string Actor, AuditAction Action, string? Project, string Subject, string? Before, string? After);
