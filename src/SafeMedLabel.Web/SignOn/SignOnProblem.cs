namespace SafeMedLabel.Web.SignOn;

/// <summary>Why somebody whom another server sent is not let in.</summary>
internal enum SignOnProblem
{
    /// <summary>That server was not reached, said no, or its answer is not to be trusted.</summary>
    Failed,

    /// <summary>Nobody with this address has an account here.</summary>
    Unknown,

    /// <summary>It does not vouch for the address.</summary>
    Unverified,

    /// <summary>The account may not sign in.</summary>
    Locked,
}
