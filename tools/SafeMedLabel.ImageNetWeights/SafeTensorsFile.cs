using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace SafeMedLabel.ImageNetWeights;

/// <summary>
/// Writes the safetensors format. The program's own writer needs libtorch, which this tool does without: it runs while the program is built, and for
/// whatever machine.
/// </summary>
internal static class SafeTensorsFile
{
    /// <summary>Writes float32, in which features are as torchvision's to 1e-3 (in half precision to 2e-3), and single numbers, which are counts, as integers.</summary>
    public static void Write(string path, IEnumerable<NamedTensor> tensors)
    {
        var header = new Dictionary<string, object>
        {
            ["__metadata__"] = new Dictionary<string, string>
            {
                ["source"] = "Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1, Copyright (c) .NET Foundation and Contributors",
                ["license"] = "MIT",
            },
        };
        using var data = new MemoryStream();
        foreach (var tensor in tensors)
        {
            var begin = data.Position;
            var (type, bytes) = Encode(tensor);
            data.Write(bytes);
            header[tensor.Name] = new Entry(type, tensor.Shape, [begin, data.Position]);
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using var file = File.Create(path);
        file.Write(length);
        file.Write(json);
        data.WriteTo(file);
    }

    private static (string Type, byte[] Bytes) Encode(NamedTensor tensor) => tensor.Shape.Count == 0
        ? ("I64", MemoryMarshal.AsBytes<long>(Array.ConvertAll(tensor.Values, value => (long)value)).ToArray())
        : ("F32", MemoryMarshal.AsBytes<float>(tensor.Values).ToArray());

    /// <summary>As the format names it.</summary>
    private sealed record Entry(
        [property: System.Text.Json.Serialization.JsonPropertyName("dtype")] string Type,
        [property: System.Text.Json.Serialization.JsonPropertyName("shape")] IReadOnlyList<long> Shape,
        [property: System.Text.Json.Serialization.JsonPropertyName("data_offsets")] long[] Offsets);
}
