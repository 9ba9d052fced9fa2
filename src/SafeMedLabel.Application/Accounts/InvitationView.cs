namespace SafeMedLabel.Application.Accounts;

/// <summary>An invitation that counts.</summary>
/// <param name="Id">Key.</param>
/// <param name="Email">Whom it is for.</param>
/// <param name="Role">The role that the account gets.</param>
/// <param name="InvitedBy">Name of who invites.</param>
/// <param name="ExpiresUtc">Until when it counts.</param>
public sealed record InvitationView(int Id, string Email, string Role, string InvitedBy, DateTime ExpiresUtc);
