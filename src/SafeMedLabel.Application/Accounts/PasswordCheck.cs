using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;

namespace SafeMedLabel.Application.Accounts;

/// <summary>The one place where passwords are looked at, for the sign-in and for whoever must show once more who they are. Every one is counted.</summary>
public sealed class PasswordCheck(UserManager<AppUser> users, IPasswordHasher<AppUser> hasher, SignInTries tries)
{
    private static readonly AppUser Nobody = new();

    /// <summary>A hash that no password has.</summary>
    private static string? _nobodys;

    /// <summary>Whether a password is an account's. It costs the same, and takes as long, where there is no account, or it has no password or takes none now.</summary>
    public async Task<PasswordAnswer> CheckAsync(AppUser? account, string password)
    {
        _nobodys ??= hasher.HashPassword(Nobody, Convert.ToHexString(RandomNumberGenerator.GetBytes(32)));
        var isTaken = await tries.TakeAsync(account?.Id);
        var isRight = account?.PasswordHash is null ? IsNobodys(password) : await users.CheckPasswordAsync(account, password);
        if (!isTaken && account is not null)
        {
            return PasswordAnswer.NotTaken;
        }

        if (!isRight)
        {
            return PasswordAnswer.Wrong;
        }

        await tries.GiveBackAsync(account!.Id);
        return PasswordAnswer.Right;
    }

    /// <summary>Lets somebody who is signed in show once more who they are.</summary>
    public async Task<Result> ProveAsync(AppUser account, string password) => await CheckAsync(account, password) switch
    {
        PasswordAnswer.Right => Result.Done,
        PasswordAnswer.NotTaken => Result.Refused("Too many wrong passwords; please try again later."),
        _ => Result.Refused("This is not your password."),
    };

    /// <summary>False, after as much work as a password of somebody takes.</summary>
    private bool IsNobodys(string password)
    {
        hasher.VerifyHashedPassword(Nobody, _nobodys!, password);
        return false;
    }
}
