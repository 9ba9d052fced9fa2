using System.Security.Cryptography;
using System.Text.Json;

namespace SafeMedLabel.Application.Requests;

/// <summary>What somebody asks for under a key that their client made for it: a key belongs to one person, project, kind of request and content.</summary>
/// <param name="Key">Made once for the request; sent again unchanged on a retry.</param>
/// <param name="PersonId">Who asks.</param>
/// <param name="ProjectId">In which project.</param>
/// <param name="Kind">For what.</param>
/// <param name="Said">What the request says, value by value: it is the same request where these are the same, whichever way it came.</param>
public sealed record KeyedRequest(Guid Key, string PersonId, int ProjectId, RequestKind Kind, params IReadOnlyList<object?> Said)
{
    /// <summary>SHA-256 of all but the key, 32 bytes.</summary>
    public byte[] Fingerprint() => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes<IReadOnlyList<object?>>([PersonId, ProjectId, $"{Kind}", .. Said]));
}
