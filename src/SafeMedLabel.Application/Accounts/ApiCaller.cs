namespace SafeMedLabel.Application.Accounts;

/// <summary>For whom a program acts, and what it may do.</summary>
/// <param name="KeyId">The key's row.</param>
/// <param name="UserId">The person's account.</param>
/// <param name="Role">The person's role now.</param>
/// <param name="Scope">What the key allows.</param>
public sealed record ApiCaller(int KeyId, string UserId, string Role, ApiScope Scope);
