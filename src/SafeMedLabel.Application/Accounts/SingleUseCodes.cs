using Microsoft.AspNetCore.Identity;
using OtpNet;

namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// Codes of an authenticator app (RFC 6238), each of which counts once (5.2): whoever looks over a shoulder gains nothing. A code that is found right is
/// used up by that, whatever follows.
/// </summary>
public sealed class SingleUseCodes(SignInTries tries, TimeProvider time) : AuthenticatorTokenProvider<AppUser>
{
    /// <summary>A phone's clock may be half a minute off.</summary>
    private static readonly VerificationWindow Window = new(previous: 1, future: 1);

    /// <inheritdoc />
    public override async Task<bool> ValidateAsync(string purpose, string token, UserManager<AppUser> manager, AppUser user)
    {
        ArgumentNullException.ThrowIfNull(manager);
        ArgumentNullException.ThrowIfNull(user);
        return await manager.GetAuthenticatorKeyAsync(user) is { Length: > 0 } key
            && new Totp(Base32Encoding.ToBytes(key)).VerifyTotp(time.GetUtcNow().UtcDateTime, token, out var step, Window)
            && await tries.UseStepAsync(user.Id, step);
    }
}
