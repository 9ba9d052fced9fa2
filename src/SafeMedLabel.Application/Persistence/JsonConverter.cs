using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace SafeMedLabel.Application.Persistence;

/// <summary>Keeps what is only ever read and written whole in one column. A type that can be changed in place needs a comparer beside it.</summary>
internal sealed class JsonConverter<T>() : ValueConverter<T, string>(
    value => JsonSerializer.Serialize(value, StoredJson.Options),
    text => JsonSerializer.Deserialize<T>(text, StoredJson.Options)!)
    where T : class;

/// <summary>How values lie in columns.</summary>
internal static class StoredJson
{
    /// <summary>Enumerations by name: their numbers may change from version to version.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
}
