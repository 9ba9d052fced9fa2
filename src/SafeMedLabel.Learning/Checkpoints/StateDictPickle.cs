using System.Buffers.Binary;
using System.Text;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>Where a tensor's values lie in a PyTorch archive.</summary>
/// <param name="StorageType">E.g. torch.FloatStorage.</param>
/// <param name="StorageKey">Name of the file below data/.</param>
/// <param name="Offset">First element.</param>
/// <param name="Shape">Sides.</param>
/// <param name="Stride">Elements from one index to the next, by side.</param>
internal sealed record TensorReference(string StorageType, string StorageKey, long Offset, long[] Shape, long[] Stride);

/// <summary>
/// An interpreter of just those pickle opcodes that a state dict needs (Python's pickletools documents them). It builds
/// dictionaries, tuples, numbers, texts and tensor references. It never calls anything: a global that is not on its short
/// list ends the reading with an error that names it.
/// </summary>
internal sealed class StateDictPickle(byte[] pickle)
{
    private static readonly object Mark = new();

    private readonly Stack<object?> _stack = new();
    private readonly Dictionary<int, object?> _memo = [];
    private int _position;

    private sealed record Global(string Name);

    private sealed record Storage(string Type, string Key);

    /// <exception cref="InvalidDataException">The pickle is no state dict.</exception>
    public IReadOnlyDictionary<string, TensorReference> Read()
    {
        while (true)
        {
            var opcode = (char)pickle[_position++];
            if (opcode == '.')
            {
                break;
            }

            Execute(opcode);
        }

        var result = new Dictionary<string, TensorReference>();
        foreach (var (key, value) in (Dictionary<object, object?>)_stack.Pop()!)
        {
            result[(string)key] = value as TensorReference ?? throw new InvalidDataException($"'{key}' is no tensor; a state dict holds nothing else.");
        }

        return result;
    }

    private void Execute(char opcode)
    {
        switch (opcode)
        {
            case '\u0080': _position++; break;
            case '\u0095': _position += 8; break;
            case '}': _stack.Push(new Dictionary<object, object?>()); break;
            case ')': _stack.Push(Array.Empty<object?>()); break;
            case '(': _stack.Push(Mark); break;
            case 'N': _stack.Push(null); break;
            case '\u0088': _stack.Push(true); break;
            case '\u0089': _stack.Push(false); break;
            case 'K': _stack.Push((long)pickle[_position++]); break;
            case 'M': _stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 'J': _stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case '\u008a': _stack.Push(ReadLong(pickle[_position++])); break;
            case 'X': _stack.Push(Encoding.UTF8.GetString(Take(BinaryPrimitives.ReadInt32LittleEndian(Take(4))))); break;
            case '\u008c': _stack.Push(Encoding.UTF8.GetString(Take(pickle[_position++]))); break;
            case 'q': _memo[pickle[_position++]] = _stack.Peek(); break;
            case 'r': _memo[BinaryPrimitives.ReadInt32LittleEndian(Take(4))] = _stack.Peek(); break;
            case '\u0094': _memo[_memo.Count] = _stack.Peek(); break;
            case 'h': _stack.Push(_memo[pickle[_position++]]); break;
            case 'j': _stack.Push(_memo[BinaryPrimitives.ReadInt32LittleEndian(Take(4))]); break;
            case 'c': _stack.Push(Allowed($"{ReadLine()}.{ReadLine()}")); break;
            case 't': _stack.Push(PopToMark()); break;
            case '\u0085': _stack.Push(Pop(1)); break;
            case '\u0086': _stack.Push(Pop(2)); break;
            case '\u0087': _stack.Push(Pop(3)); break;
            case 'Q': _stack.Push(Persistent((object?[])_stack.Pop()!)); break;
            case 'R': Reduce(); break;
            case 's': SetItems(Pop(2)); break;
            case 'u': SetItems(PopToMark()); break;
            case 'b': Build(); break;
            default: throw new InvalidDataException($"The pickle uses the opcode 0x{(int)opcode:x2}, which a state dict does not need; it was not read.");
        }
    }

    private static Global Allowed(string name) =>
        name is "collections.OrderedDict" or "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_parameter"
        || (name.StartsWith("torch.", StringComparison.Ordinal) && name.EndsWith("Storage", StringComparison.Ordinal))
            ? new Global(name)
            : throw new InvalidDataException($"The pickle asks for '{name}', which a state dict does not need; it was not read.");

    private static Storage Persistent(object?[] id) => id is ["storage", Global type, string key, ..]
        ? new Storage(type.Name, key)
        : throw new InvalidDataException("The pickle refers to something that is no tensor storage.");

    private void Reduce()
    {
        var arguments = (object?[])_stack.Pop()!;
        var function = (Global)_stack.Pop()!;
        _stack.Push((function.Name, arguments) switch
        {
            ("collections.OrderedDict", []) => new Dictionary<object, object?>(),
            ("torch._utils._rebuild_tensor_v2", [Storage storage, long offset, object?[] shape, object?[] stride, ..]) =>
                new TensorReference(storage.Type, storage.Key, offset, [.. shape.Cast<long>()], [.. stride.Cast<long>()]),
            ("torch._utils._rebuild_parameter", [TensorReference data, ..]) => data,
            _ => throw new InvalidDataException($"The pickle calls '{function.Name}' in a way that a state dict does not."),
        });
    }

    private void SetItems(object?[] items)
    {
        var target = (Dictionary<object, object?>)_stack.Peek()!;
        for (var i = 0; i + 1 < items.Length; i += 2)
        {
            target[items[i]!] = items[i + 1];
        }
    }

    /// <summary>A module's state dict carries a '_metadata' attribute of version numbers; nothing of ours needs it.</summary>
    private void Build()
    {
        _stack.Pop();
        if (_stack.Peek() is not Dictionary<object, object?>)
        {
            throw new InvalidDataException("The pickle sets the state of an object; a state dict has none.");
        }
    }

    private object?[] Pop(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--)
        {
            items[i] = _stack.Pop();
        }

        return items;
    }

    private object?[] PopToMark()
    {
        var items = new List<object?>();
        while (_stack.Pop() is var item && !ReferenceEquals(item, Mark))
        {
            items.Add(item);
        }

        items.Reverse();
        return [.. items];
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        var span = pickle.AsSpan(_position, count);
        _position += count;
        return span;
    }

    private string ReadLine()
    {
        var length = pickle.AsSpan(_position).IndexOf((byte)'\n');
        var line = Encoding.ASCII.GetString(Take(length));
        _position++;
        return line;
    }

    private long ReadLong(int length)
    {
        var value = new System.Numerics.BigInteger(Take(length));
        return (long)value;
    }
}
