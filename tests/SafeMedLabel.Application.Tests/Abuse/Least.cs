namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Who may call a writing method, at least.</summary>
internal enum Least
{
    /// <summary>Whoever reads in the project.</summary>
    Reader,

    /// <summary>Whoever leads the project.</summary>
    Lead,

    /// <summary>An admin.</summary>
    Admin,

    /// <summary>The person whose matter it is.</summary>
    Oneself,
}
