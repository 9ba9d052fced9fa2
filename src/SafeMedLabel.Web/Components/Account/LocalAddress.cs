using Microsoft.AspNetCore.Components;

namespace SafeMedLabel.Web.Components.Account;

/// <summary>Addresses within this site.</summary>
internal static class LocalAddress
{
    /// <summary>
    /// The address, where it leads to this site; the start page elsewhere. A sign-in must not forward to a stranger: browsers leave control characters out,
    /// so that '/', a tab and '/evil.example' would be '//evil.example'. Nor may it hold what no header can.
    /// </summary>
    public static string OrHome(string? address) =>
        address is ['/', ..] && !address.StartsWith("//", StringComparison.Ordinal) && !address.StartsWith("/\\", StringComparison.Ordinal)
        && address.All(character => character is > ' ' and <= '~') ? address : "/";

    /// <summary>Goes there by a full load, as a changed cookie needs.</summary>
    public static void GoTo(this NavigationManager navigation, string? address) => navigation.NavigateTo(OrHome(address), forceLoad: true);
}
