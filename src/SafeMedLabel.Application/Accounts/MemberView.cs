namespace SafeMedLabel.Application.Accounts;

/// <summary>A person, as a project's list of people has it.</summary>
/// <param name="UserId">Key of the account.</param>
/// <param name="DisplayName">Name.</param>
/// <param name="AccountRole">Role of the account.</param>
/// <param name="MemberRole">Role given in the project; null where none is.</param>
/// <param name="Role">What counts of both; null for who does not see the project.</param>
public sealed record MemberView(string UserId, string DisplayName, string AccountRole, string? MemberRole, string? Role);
