using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>The safetensors format: a length, a JSON header, raw little-endian bytes. Nothing in it can run.</summary>
public static class SafeTensors
{
    private const int MaximumHeader = 100_000_000;
    private const string MetadataKey = "__metadata__";

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
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, padded.Length);
            stream.Write(length);
            stream.Write(padded);
            foreach (var (_, tensor) in ordered)
            {
                using var contiguous = tensor.detach().contiguous();
                stream.Write(contiguous.bytes);
            }
        });
    }

    /// <summary>Reads all tensors, which join the caller's dispose scope, and the metadata.</summary>
    /// <exception cref="InvalidDataException">The file is no such file; one sentence says why.</exception>
    public static (IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Read(string path)
    {
        Native.LibTorch.EnsureLoaded();
        using var file = File.OpenRead(path);
        var header = ReadHeader(file);
        var dataStart = file.Position;
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (key, entry) in header)
        {
            if (key != MetadataKey)
            {
                tensors[key] = ReadTensor(file, dataStart, key, entry);
            }
        }

        return (tensors, Metadata(header));
    }

    /// <summary>Reads the metadata alone.</summary>
    /// <exception cref="InvalidDataException">The file is no such file; one sentence says why.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        using var file = File.OpenRead(path);
        return Metadata(ReadHeader(file));
    }

    private static Dictionary<string, string> Metadata(JsonObject header) =>
        (header[MetadataKey] as JsonObject)?.ToDictionary(m => m.Key, m => m.Value?.ToString() ?? "") ?? [];

    private static JsonObject ReadHeader(FileStream file)
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
            return JsonNode.Parse(bytes) as JsonObject ?? throw new InvalidDataException("This is no safetensors file: its header is no object.");
        }
        catch (Exception malformed) when (malformed is JsonException or ArgumentException)
        {
            throw new InvalidDataException("This is no safetensors file: its header is not JSON.", malformed);
        }
    }

    private static Tensor ReadTensor(FileStream file, long dataStart, string key, JsonNode? entry)
    {
        long[] shape;
        long[] offsets;
        (ScalarType Type, int Size) type;
        try
        {
            type = Types[entry!["dtype"]!.GetValue<string>()];
            shape = [.. entry["shape"]!.AsArray().Select(s => s!.GetValue<long>())];
            offsets = [.. entry["data_offsets"]!.AsArray().Select(s => s!.GetValue<long>())];
        }
        catch (Exception malformed) when (malformed is KeyNotFoundException or NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"The entry of the tensor '{key}' is malformed or of an unknown type.", malformed);
        }

        long bytes;
        try
        {
            bytes = shape.Aggregate((long)type.Size, (product, side) => side >= 0 ? checked(product * side) : throw new OverflowException());
        }
        catch (OverflowException)
        {
            throw new InvalidDataException($"The tensor '{key}' has an impossible shape.");
        }

        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] - offsets[0] != bytes || dataStart + offsets[1] > file.Length || bytes > int.MaxValue)
        {
            throw new InvalidDataException($"The bytes of the tensor '{key}' do not fit its shape or lie outside the file.");
        }

        var tensor = empty(shape, type.Type);
        file.Position = dataStart + offsets[0];
        var buffer = new byte[bytes];
        file.ReadExactly(buffer);
        tensor.bytes = buffer;
        return tensor;
    }
}
