namespace SafeMedLabel.Web.Sessions;

/// <summary>How many requests and passwords strangers may send. Each of several servers has limits of its own.</summary>
internal sealed class SignInLimitOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "SignIn";

    /// <summary>The most that either may be.</summary>
    public const int Most = 1_000_000;

    /// <summary>
    /// How often one source, an address of IPv4 or a network /64 of IPv6, may send something to the pages that are open to strangers, a minute, 1 to 1,000,000; it may
    /// save up as many. All who come through one router are one source.
    /// </summary>
    public int RequestsPerMinute { get; set; } = 200;

    /// <summary>How many passwords are taken for one e-mail address, whether it is an account's or not, a minute, from all sources together, 1 to 1,000,000; as many may be saved up.</summary>
    public int TriesPerMinute { get; set; } = 30;
}
