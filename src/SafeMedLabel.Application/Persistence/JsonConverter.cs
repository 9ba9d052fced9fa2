using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace SafeMedLabel.Application.Persistence;

/// <summary>Keeps what is only ever read and written whole in one column. A type that can be changed in place needs a comparer beside it.</summary>
internal sealed class JsonConverter<T>() : ValueConverter<T, string>(
    value => JsonSerializer.Serialize(value, JsonSerializerOptions.Web),
    text => JsonSerializer.Deserialize<T>(text, JsonSerializerOptions.Web)!)
    where T : class;
