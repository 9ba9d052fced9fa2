namespace SafeMedLabel.Application.Auditing;

/// <summary>Which entries are asked for; what is null does not matter.</summary>
/// <param name="ProjectId">Of a project.</param>
/// <param name="ActorId">Of a person.</param>
/// <param name="Action">Of a kind.</param>
/// <param name="FromUtc">From a moment on.</param>
/// <param name="UntilUtc">Before a moment.</param>
public sealed record AuditFilter(int? ProjectId = null, string? ActorId = null, AuditAction? Action = null, DateTime? FromUtc = null, DateTime? UntilUtc = null)
{
    /// <summary>By whole days, both of them included, in UTC. After the last day that there is comes none.</summary>
    public static AuditFilter OfDays(int? projectId, string? actorId, AuditAction? action, DateOnly? from, DateOnly? until) =>
        new(projectId, string.IsNullOrEmpty(actorId) ? null : actorId, action, Beginning(from), until == DateOnly.MaxValue ? null : Beginning(until?.AddDays(1)));

    private static DateTime? Beginning(DateOnly? day) => day?.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
}
