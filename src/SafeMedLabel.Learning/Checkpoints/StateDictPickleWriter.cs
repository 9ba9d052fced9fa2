using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>Writes the pickle that <see cref="StateDictPickle"/> reads: an ordered dictionary of tensors that lie in storages of their own.</summary>
internal sealed class StateDictPickleWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The pickle of these tensors, protocol 2.</summary>
    public static byte[] Write(IEnumerable<KeyValuePair<string, TensorReference>> tensors)
    {
        var writer = new StateDictPickleWriter();
        writer.Opcodes(0x80, 2);
        writer.EmptyOrderedDictionary();
        writer.Opcodes('(');
        foreach (var (key, tensor) in tensors)
        {
            writer.Text(key);
            writer.Tensor(tensor);
        }

        writer.Opcodes('u', '.');
        return writer._bytes.WrittenSpan.ToArray();
    }

    private void Tensor(TensorReference tensor)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        Opcodes('(');
        Storage(tensor);
        Number(tensor.Offset);
        Numbers(tensor.Shape);
        Numbers(tensor.Stride);
        // requires_grad, and no backward hooks.
        Opcodes(0x89);
        EmptyOrderedDictionary();
        Opcodes('t', 'R');
    }

    /// <summary>A persistent id: ('storage', type, key, device, elements).</summary>
    private void Storage(TensorReference tensor)
    {
        Opcodes('(');
        Text("storage");
        Global("torch", tensor.StorageType["torch.".Length..]);
        Text(tensor.StorageKey);
        Text("cpu");
        Number(tensor.Shape.Aggregate(1L, (product, side) => product * side));
        Opcodes('t', 'Q');
    }

    private void EmptyOrderedDictionary()
    {
        Global("collections", "OrderedDict");
        Opcodes(')', 'R');
    }

    private void Numbers(long[] numbers)
    {
        Opcodes('(');
        foreach (var number in numbers)
        {
            Number(number);
        }

        Opcodes('t');
    }

    private void Global(string module, string name) => _bytes.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    private void Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        Opcodes('X');
        Int32(utf8.Length);
        _bytes.Write(utf8);
    }

    /// <exception cref="InvalidDataException">The tensor has more elements than the format's short integers count.</exception>
    private void Number(long number)
    {
        Opcodes('J');
        Int32(number <= int.MaxValue ? (int)number : throw new InvalidDataException("The tensor is too large for this format."));
    }

    private void Int32(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        _bytes.Write(bytes);
    }

    private void Opcodes(params ReadOnlySpan<int> opcodes)
    {
        foreach (var opcode in opcodes)
        {
            _bytes.Write([(byte)opcode]);
        }
    }
}
