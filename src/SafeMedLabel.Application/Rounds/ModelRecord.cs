using System.Security.Cryptography;
using System.Text.Json;

namespace SafeMedLabel.Application.Rounds;

/// <summary>By what a round's model is known, and what it says itself of how it was made.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 of all of it, in lower-case hexadecimal.</param>
/// <param name="Software">The program that trained it, with its version; null where its card is missing or damaged, as in the following.</param>
/// <param name="DataHash">Identifies images and label snapshot.</param>
/// <param name="LabelHash">Identifies which images were labelled, and how, and which were for what.</param>
/// <param name="Settings">All settings of the training, in the card's order; nested ones as 'Filter.Limit.Level'.</param>
public sealed record ModelRecord(
    string File, long Bytes, string Sha256, string? Software, string? DataHash, string? LabelHash, IReadOnlyList<(string Name, string Value)> Settings)
{
    /// <summary>Reads a model's file and the card beside it; null where there is no such file.</summary>
    public static async Task<ModelRecord?> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        if (!System.IO.File.Exists(path))
        {
            return null;
        }

        await using var model = System.IO.File.OpenRead(path);
        var bare = new ModelRecord(
            Path.GetFileName(path), model.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(model, cancellationToken)), null, null, null, []);
        var card = Path.ChangeExtension(path, ".json");
        if (!System.IO.File.Exists(card))
        {
            return bare;
        }

        using var json = await ParseAsync(card, cancellationToken);
        if (json?.RootElement.ValueKind != JsonValueKind.Object)
        {
            return bare;
        }

        string? Text(string name) => json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return bare with
        {
            Software = Text("Software"),
            DataHash = Text("DataHash"),
            LabelHash = Text("LabelHash"),
            Settings = json.RootElement.TryGetProperty("Options", out var options) ? [.. Flatten("", options)] : [],
        };
    }

    /// <summary>The card beside the model, which is there for people: null where it is damaged.</summary>
    private static async Task<JsonDocument?> ParseAsync(string card, CancellationToken cancellationToken)
    {
        try
        {
            return JsonDocument.Parse(await System.IO.File.ReadAllBytesAsync(card, cancellationToken));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IEnumerable<(string Name, string Value)> Flatten(string prefix, JsonElement element) => element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject().SelectMany(p => Flatten(prefix.Length == 0 ? p.Name : $"{prefix}.{p.Name}", p.Value))
        : [(prefix, element.ToString())];
}
