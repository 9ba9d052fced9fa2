using Microsoft.AspNetCore.Authorization;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Names of the authorisation policies that pages and endpoints ask for.</summary>
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
        options.AddPolicy(Label, policy => policy.RequireRole(Roles.Pathologist, Roles.Lead, Roles.Admin));
        options.AddPolicy(Lead, policy => policy.RequireRole(Roles.Lead, Roles.Admin));
        options.AddPolicy(Administer, policy => policy.RequireRole(Roles.Admin));
    }
}
