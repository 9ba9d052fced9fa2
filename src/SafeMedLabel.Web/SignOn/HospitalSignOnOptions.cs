namespace SafeMedLabel.Web.SignOn;

/// <summary>The hospital's own sign-on, by OpenID Connect. Without an authority there is none.</summary>
public sealed class HospitalSignOnOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "OpenIdConnect";

    /// <summary>Address of the server that vouches for people, https; at <c>/signin-oidc</c> it leads back.</summary>
    public string? Authority { get; set; }

    /// <summary>What this program is called there.</summary>
    public string ClientId { get; set; } = "safemedlabel";

    /// <summary>Its secret there, best as the environment variable <c>OpenIdConnect__ClientSecret</c>.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>What the sign-in page calls it.</summary>
    public string DisplayName { get; set; } = "Hospital sign-on";

    /// <summary>Whether people that it vouches for get an account when they come first; else an admin makes or invites them.</summary>
    public bool CreateAccounts { get; set; }

    /// <summary>The role that they get: <c>Pathologist</c> or <c>Lead</c>.</summary>
    public string NewRole { get; set; } = Application.Accounts.Roles.Pathologist;

    /// <summary>Whether there is one.</summary>
    internal bool IsUsed => !string.IsNullOrWhiteSpace(Authority);

    /// <summary>Whether it can be worked with.</summary>
    internal bool IsValid => !IsUsed || (Uri.TryCreate(Authority, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && ClientId.Length > 0 && NewRole is Application.Accounts.Roles.Pathologist or Application.Accounts.Roles.Lead);
}
