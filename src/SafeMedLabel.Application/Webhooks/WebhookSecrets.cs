using Microsoft.AspNetCore.DataProtection;

namespace SafeMedLabel.Application.Webhooks;

/// <summary>Keeps webhooks' secrets so that nobody reads them in the database.</summary>
public sealed class WebhookSecrets(IDataProtectionProvider protection)
{
    private readonly IDataProtector _protector = protection.CreateProtector("SafeMedLabel.WebhookSecrets");

    /// <summary>Gives a webhook a new secret and returns it.</summary>
    public string Renew(Webhook webhook)
    {
        ArgumentNullException.ThrowIfNull(webhook);
        var secret = WebhookSignature.CreateSecret();
        webhook.ProtectedSecret = _protector.Protect(secret);
        return secret;
    }

    /// <summary>A webhook's secret; it is made where there is none yet.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The server's keys are not those that it was protected with.</exception>
    public string Of(Webhook webhook)
    {
        ArgumentNullException.ThrowIfNull(webhook);
        return webhook.ProtectedSecret is { } kept ? _protector.Unprotect(kept) : Renew(webhook);
    }
}
