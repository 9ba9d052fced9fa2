using Microsoft.AspNetCore.Authorization;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Names of the authorisation policies that pages and endpoints ask for; where these are about a project, the role in it counts.</summary>
public static class Policies
{
    /// <summary>Read the queue and its images, and answer.</summary>
    public const string Label = nameof(Label);

    /// <summary>Start and cancel rounds, read their figures, change a project's settings.</summary>
    public const string Lead = nameof(Lead);

    /// <summary>Import data and manage people.</summary>
    public const string Administer = nameof(Administer);

    /// <summary>Adds the policies.</summary>
    public static void Add(AuthorizationOptions options)
    {
        options.AddPolicy(Label, policy => policy.AddRequirements(new RoleRequirement(Roles.Pathologist)));
        options.AddPolicy(Lead, policy => policy.AddRequirements(new RoleRequirement(Roles.Lead)));
        options.AddPolicy(Administer, policy => policy.AddRequirements(new RoleRequirement(Roles.Admin)));
    }
}
