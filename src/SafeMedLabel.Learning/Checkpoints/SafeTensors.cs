using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>The safetensors format: a length, a JSON header, raw little-endian bytes. Nothing in it can run.</summary>
public static class SafeTensors
{
    /// <summary>Most bytes of a header: a ResNet-18 takes 15 kB, a card that names 100,000 patients for the test 2 MB, and a million images 8 MB.</summary>
    private const int MaximumHeader = 64 << 20;

    private const string MetadataKey = "__metadata__";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly Dictionary<string, (ScalarType Type, int Size)> Types = new()
    {
        ["F64"] = (ScalarType.Float64, 8),
        ["F32"] = (ScalarType.Float32, 4),
        ["F16"] = (ScalarType.Float16, 2),
        ["BF16"] = (ScalarType.BFloat16, 2),
        ["I64"] = (ScalarType.Int64, 8),
        ["I32"] = (ScalarType.Int32, 4),
        ["U8"] = (ScalarType.Byte, 1),
        ["BOOL"] = (ScalarType.Bool, 1),
    };

    /// <summary>Writes tensors and metadata; the file appears whole or not at all.</summary>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new JsonObject { [MetadataKey] = new JsonObject(metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))) };
        var ordered = tensors.OrderBy(t => t.Key, StringComparer.Ordinal).ToList();
        var offset = 0L;
        foreach (var (key, tensor) in ordered)
        {
            var (name, (_, size)) = Types.First(t => t.Value.Type == tensor.dtype);
            var end = offset + (tensor.numel() * size);
            header[key] = new JsonObject
            {
                ["dtype"] = name,
                ["shape"] = new JsonArray([.. tensor.shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        // The data begins on a multiple of eight; the header is padded with spaces.
        var padded = new byte[(json.Length + 7) / 8 * 8];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        if (padded.Length > MaximumHeader)
        {
            throw new InvalidDataException($"The model's header would take {padded.Length:n0} bytes; at most {MaximumHeader:n0} can be read again.");
        }

        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, padded.Length);
            stream.Write(length);
            stream.Write(padded);
            foreach (var (_, tensor) in ordered)
            {
                using var contiguous = tensor.detach().cpu().contiguous();
                stream.Write(contiguous.bytes);
            }
        });
    }

    /// <summary>Reads all tensors, which join the caller's dispose scope, and the metadata.</summary>
    /// <exception cref="InvalidDataException">The file is no such file; one sentence says why.</exception>
    public static (IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Read(string path)
    {
        using var file = File.OpenRead(path);
        return Read(file);
    }

    /// <summary>Reads the same from a stream that can seek.</summary>
    /// <param name="file">From its beginning.</param>
    /// <param name="require">Gets the tensors' shapes before any is read, and throws where they are not those that are needed.</param>
    /// <exception cref="InvalidDataException">It holds no such file; one sentence says why.</exception>
    internal static (IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Read(
        Stream file, Action<IReadOnlyDictionary<string, long[]>>? require = null)
    {
        Native.LibTorch.EnsureLoaded();
        using var header = ReadHeader(file);
        var dataStart = file.Position;
        var entries = header.RootElement.EnumerateObject().Where(e => e.Name != MetadataKey).Take(TensorBounds.MaximumTensors + 1)
            .Select(e => Entry.Parse(e.Name, e.Value)).OrderBy(e => e.Start).ThenBy(e => e.End).ToList();
        TensorBounds.Require(entries.Count, entries.Aggregate(Int128.Zero, (sum, entry) => sum + entry.End - entry.Start), file.Length);
        RequireGapless(entries, file.Length - dataStart);
        require?.Invoke(entries.ToDictionary(entry => entry.Key, entry => entry.Shape));
        var tensors = entries.ToDictionary(entry => entry.Key, entry => ReadTensor(file, dataStart, entry));
        return (tensors, Metadata(header));
    }

    /// <summary>Reads the metadata alone.</summary>
    /// <exception cref="InvalidDataException">The file is no such file; one sentence says why.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        using var file = File.OpenRead(path);
        return ReadMetadata(file);
    }

    /// <summary>Reads the metadata alone, from the beginning of a stream that can seek.</summary>
    /// <exception cref="InvalidDataException">It holds no such file; one sentence says why.</exception>
    internal static IReadOnlyDictionary<string, string> ReadMetadata(Stream file)
    {
        using var header = ReadHeader(file);
        return Metadata(header);
    }

    private static Dictionary<string, string> Metadata(JsonDocument header) =>
        header.RootElement.TryGetProperty(MetadataKey, out var metadata) && metadata.ValueKind == JsonValueKind.Object
            ? metadata.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.ToString())
            : [];

    private static JsonDocument ReadHeader(Stream file)
    {
        Span<byte> lengthBytes = stackalloc byte[8];
        if (file.ReadAtLeast(lengthBytes, 8, throwOnEndOfStream: false) < 8)
        {
            throw new InvalidDataException("This is no safetensors file: it is too short.");
        }

        var length = BinaryPrimitives.ReadInt64LittleEndian(lengthBytes);
        if (length is < 2 or > MaximumHeader || length > file.Length - 8)
        {
            throw new InvalidDataException("This is no safetensors file: its header has an impossible length.");
        }

        var bytes = new byte[length];
        file.ReadExactly(bytes);
        try
        {
            var header = Utf8.IsValid(bytes) ? JsonDocument.Parse(bytes, Strict) : throw new JsonException("This is no UTF-8.");
            if (header.RootElement.ValueKind == JsonValueKind.Object)
            {
                return header;
            }

            header.Dispose();
            throw new InvalidDataException("This is no safetensors file: its header is no object.");
        }
        catch (JsonException malformed)
        {
            throw new InvalidDataException("This is no safetensors file: its header is not JSON, or names something twice.", malformed);
        }
    }

    /// <summary>The format allows neither holes, in which anything could hide, nor overlaps, nor a file cut short.</summary>
    private static void RequireGapless(List<Entry> entries, long dataLength)
    {
        var end = 0L;
        foreach (var entry in entries)
        {
            if (entry.Start != end)
            {
                throw new InvalidDataException($"The bytes of the tensor '{entry.Key}' do not follow on those before it.");
            }

            end = entry.End;
        }

        if (end != dataLength)
        {
            throw new InvalidDataException($"The tensors take {end} bytes, but the file holds {dataLength}: it was cut short or added to.");
        }
    }

    private static Tensor ReadTensor(Stream file, long dataStart, Entry entry)
    {
        var tensor = empty(entry.Shape, entry.Type);
        if (entry.End > entry.Start)
        {
            file.Position = dataStart + entry.Start;
            file.ReadExactly(tensor.bytes);
        }

        return tensor;
    }

    /// <summary>What the header says of one tensor: sound in itself, whatever the file holds.</summary>
    private sealed record Entry(string Key, ScalarType Type, long[] Shape, long Start, long End)
    {
        public static Entry Parse(string key, JsonElement entry)
        {
            try
            {
                var (type, size) = Types[entry.GetProperty("dtype").GetString()!];
                long[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];
                long[] offsets = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
                var bytes = TensorBounds.Elements(key, shape) * size;
                return offsets is [>= 0, >= 0] && offsets[1] - offsets[0] == bytes && bytes <= Array.MaxLength
                    ? new Entry(key, type, shape, offsets[0], offsets[1])
                    : throw new InvalidDataException($"The bytes of the tensor '{key}' do not fit its shape.");
            }
            catch (Exception malformed) when (malformed is KeyNotFoundException or ArgumentNullException or InvalidOperationException or FormatException)
            {
                throw new InvalidDataException($"The entry of the tensor '{key}' is malformed or of an unknown type.", malformed);
            }
        }
    }
}
