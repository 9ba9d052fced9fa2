namespace SafeMedLabel.Application.Accounts;

/// <summary>What came of a password that somebody typed.</summary>
public enum PasswordAnswer
{
    /// <summary>It is another one, or there is no such account, or it has none.</summary>
    Wrong,

    /// <summary>It is the account's.</summary>
    Right,

    /// <summary>Too many wrong ones came before it: it was not taken.</summary>
    NotTaken,
}
