using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SafeMedLabel.Web.Tests;

/// <summary>A hospital's sign-on server, as small as OpenID Connect allows: it vouches at once for whom a test says, in the code flow with PKCE.</summary>
internal sealed class SignOnServer : IAsyncDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, Asked> _codes = new();
    private readonly WebApplication _server;

    private SignOnServer(WebApplication server) => _server = server;

    /// <summary>Its address.</summary>
    public string Authority => _server.Urls.Single();

    /// <summary>Whom it vouches for; null where it says no.</summary>
    public Dictionary<string, object>? Person { get; set; } = [];

    /// <summary>True where its tokens carry another nonce than was asked for.</summary>
    public bool ForgesNonce { get; set; }

    /// <summary>True where its tokens are signed by somebody else.</summary>
    public bool ForgesSignature { get; set; }

    public static async Task<SignOnServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var server = new SignOnServer(app);
        app.MapGet("/.well-known/openid-configuration", server.Describe);
        app.MapGet("/keys", server.Keys);
        app.MapGet("/authorize", server.Authorize);
        app.MapPost("/token", server.TokenAsync);
        app.MapGet("/userinfo", () => Results.Json(server.Person));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _key.Dispose();
    }

    private IResult Describe() => Results.Json(new
    {
        issuer = Authority,
        authorization_endpoint = $"{Authority}/authorize",
        token_endpoint = $"{Authority}/token",
        userinfo_endpoint = $"{Authority}/userinfo",
        jwks_uri = $"{Authority}/keys",
        response_types_supported = new[] { "code" },
        subject_types_supported = new[] { "public" },
        id_token_signing_alg_values_supported = new[] { "RS256" },
    });

    private IResult Keys()
    {
        var key = _key.ExportParameters(false);
        return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", kid = "1", n = Base64UrlEncoder.Encode(key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent) } } });
    }

    private IResult Authorize(HttpRequest request)
    {
        var back = new Dictionary<string, string?> { ["state"] = request.Query["state"] };
        if (Person is null)
        {
            back["error"] = "access_denied";
        }
        else
        {
            var code = Guid.NewGuid().ToString("n");
            _codes[code] = new Asked(request.Query["client_id"]!, request.Query["nonce"]!, request.Query["code_challenge"]!);
            back["code"] = code;
        }

        return Results.Redirect(QueryHelpers.AddQueryString(request.Query["redirect_uri"]!, back));
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var challenge = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"]!)));
        if (!_codes.TryRemove(form["code"]!, out var asked) || asked.Challenge != challenge || form["client_secret"] != "a secret of both")
        {
            return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        }

        using var stranger = RSA.Create(2048);
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Authority,
            Audience = asked.Client,
            Expires = DateTime.UtcNow.AddMinutes(5),
            Claims = new Dictionary<string, object>(Person!) { ["nonce"] = ForgesNonce ? "another" : asked.Nonce },
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(ForgesSignature ? stranger.ExportParameters(true) : _key.ExportParameters(true)) { KeyId = "1" }, SecurityAlgorithms.RsaSha256),
        });
        return Results.Text(JsonSerializer.Serialize(new { access_token = "opaque", token_type = "Bearer", expires_in = 300, id_token = token }), "application/json");
    }

    private sealed record Asked(string Client, string Nonce, string Challenge);
}
