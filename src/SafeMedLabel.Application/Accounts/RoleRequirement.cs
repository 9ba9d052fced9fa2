using Microsoft.AspNetCore.Authorization;

namespace SafeMedLabel.Application.Accounts;

/// <summary>At least this role: in the project that is asked for, or of the account where none is.</summary>
/// <param name="Role">One of <see cref="Roles"/>.</param>
public sealed record RoleRequirement(string Role) : IAuthorizationRequirement;
