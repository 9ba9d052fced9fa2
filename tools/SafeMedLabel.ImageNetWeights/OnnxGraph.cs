using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace SafeMedLabel.ImageNetWeights;

/// <summary>
/// The nodes of an ONNX file, in their order, and its tensors by name. The fields' numbers are those of onnx.proto3,
/// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
/// </summary>
internal sealed record OnnxGraph(IReadOnlyList<OnnxNode> Nodes, IReadOnlyDictionary<string, NamedTensor> Tensors)
{
    private const int Float = 1;

    // Packed or not: the codec takes either.
    private static readonly FieldCodec<long> Sides = FieldCodec.ForInt64(WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited));

    /// <exception cref="InvalidDataException">It is no ONNX file, or holds numbers other than float32.</exception>
    public static OnnxGraph Read(string path)
    {
        var nodes = new List<OnnxNode>();
        var tensors = new Dictionary<string, NamedTensor>();
        try
        {
            ForEachField(File.ReadAllBytes(path), (field, model) =>
            {
                if (field == 7)
                {
                    ForEachField(model.ReadBytes(), (inner, graph) => ReadPart(inner, graph, nodes, tensors));
                }
            });
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw new InvalidDataException($"{path} is no ONNX file.", malformed);
        }

        return new OnnxGraph(nodes, tensors);
    }

    private static void ReadPart(int field, CodedInputStream graph, List<OnnxNode> nodes, Dictionary<string, NamedTensor> tensors)
    {
        switch (field)
        {
            case 1:
                nodes.Add(ReadNode(graph.ReadBytes()));
                break;
            case 5:
                var tensor = ReadTensor(graph.ReadBytes());
                tensors[tensor.Name] = tensor;
                break;
        }
    }

    private static OnnxNode ReadNode(ByteString message)
    {
        var (inputs, kind) = (new List<string>(), "");
        ForEachField(message, (field, node) =>
        {
            switch (field)
            {
                case 1:
                    inputs.Add(node.ReadString());
                    break;
                case 4:
                    kind = node.ReadString();
                    break;
            }
        });
        return new OnnxNode(kind, inputs);
    }

    private static NamedTensor ReadTensor(ByteString message)
    {
        var (name, type, shape, raw) = ("", 0, new RepeatedField<long>(), ByteString.Empty);
        ForEachField(message, (field, tensor) =>
        {
            switch (field)
            {
                case 1:
                    shape.AddEntriesFrom(tensor, Sides);
                    break;
                case 2:
                    type = tensor.ReadInt32();
                    break;
                case 8:
                    name = tensor.ReadString();
                    break;
                case 4 or 9:
                    // Numbers one by one, packed, or as raw bytes: the bytes are the same.
                    raw = tensor.ReadBytes();
                    break;
            }
        });
        var values = MemoryMarshal.Cast<byte, float>(raw.Span).ToArray();
        return type == Float && values.Length == shape.Aggregate(1L, (all, side) => all * side)
            ? new NamedTensor(name, shape, values)
            : throw new InvalidDataException($"the tensor '{name}' is not float32, or not as long as its shape.");
    }

    private static void ForEachField(ByteString message, Action<int, CodedInputStream> read) => ForEachField(message.ToByteArray(), read);

    /// <summary>Hands each field to <paramref name="read"/>, and passes over those that it leaves.</summary>
    private static void ForEachField(byte[] message, Action<int, CodedInputStream> read)
    {
        using var stream = new CodedInputStream(message);
        while (stream.ReadTag() is var tag and not 0)
        {
            var before = stream.Position;
            read(WireFormat.GetTagFieldNumber(tag), stream);
            if (stream.Position == before)
            {
                stream.SkipLastField();
            }
        }
    }
}

/// <summary>A node: its operator, and the names of what it reads.</summary>
internal sealed record OnnxNode(string Kind, IReadOnlyList<string> Inputs);
