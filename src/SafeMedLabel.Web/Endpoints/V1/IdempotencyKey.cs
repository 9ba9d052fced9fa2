namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>The header by which a request that is sent again is known (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header).</summary>
internal static class IdempotencyKey
{
    /// <summary>The header's name.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>What its key means, for the API's description.</summary>
    public const string Description = "A UUID, made once for this request. Sent again with the same content, the request is done once and answered as the first time; the key with anything else is refused (422).";

    /// <summary>What is said of a value that is no key.</summary>
    public const string Unfit = $"The header '{Header}' is a UUID, made once for each request.";

    /// <summary>Reads it: a UUID, bare or in the quotation marks of the draft. None was sent, which is no mistake here, where the key is null.</summary>
    /// <returns>False where something was sent that is no key.</returns>
    public static bool TryRead(string? sent, out Guid? key)
    {
        key = null;
        if (sent is null)
        {
            return true;
        }

        var text = sent is ['"', .. var quoted, '"'] ? quoted : sent;
        if (!Guid.TryParse(text, out var read) || read == Guid.Empty)
        {
            return false;
        }

        key = read;
        return true;
    }
}
