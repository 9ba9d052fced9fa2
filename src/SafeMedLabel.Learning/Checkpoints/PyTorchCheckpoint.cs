using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>Reads and writes the state dict of a PyTorch <c>.pth</c> file: a zip of a pickle and of raw storages.</summary>
public static class PyTorchCheckpoint
{
    // A state dict's pickle names its tensors; a thousand of them take a hundred kilobytes. A byte of it can make a hundred in memory.
    private const int MaximumPickle = 1 << 20;

    private static readonly Dictionary<string, (ScalarType Type, int Size)> Storages = new()
    {
        ["torch.DoubleStorage"] = (ScalarType.Float64, 8),
        ["torch.FloatStorage"] = (ScalarType.Float32, 4),
        ["torch.HalfStorage"] = (ScalarType.Float16, 2),
        ["torch.BFloat16Storage"] = (ScalarType.BFloat16, 2),
        ["torch.LongStorage"] = (ScalarType.Int64, 8),
        ["torch.IntStorage"] = (ScalarType.Int32, 4),
        ["torch.ByteStorage"] = (ScalarType.Byte, 1),
        ["torch.BoolStorage"] = (ScalarType.Bool, 1),
    };

    /// <summary>The tensors by key; they join the caller's dispose scope. No more memory is taken than the file is long.</summary>
    /// <param name="file">A stream that can seek.</param>
    /// <param name="require">Gets the tensors' shapes before any is read, and throws where they are not those that are needed.</param>
    /// <exception cref="InvalidDataException">The file is no state dict, or its pickle asks for more than one needs; one sentence says what.</exception>
    public static IReadOnlyDictionary<string, Tensor> Read(Stream file, Action<IReadOnlyDictionary<string, long[]>>? require = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        Native.LibTorch.EnsureLoaded();
        try
        {
            using var archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            var pickle = archive.Entries.FirstOrDefault(e => e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal))
                ?? throw new InvalidDataException("This is no PyTorch checkpoint: it holds no data.pkl.");
            var folder = pickle.FullName[..^"data.pkl".Length];
            RequireLittleEndian(archive, folder);
            if (pickle.Length > MaximumPickle)
            {
                throw new InvalidDataException($"The pickle of this PyTorch checkpoint takes {pickle.Length} bytes; a state dict's takes far fewer.");
            }

            // Not one byte beyond the length that the archive declares is unpacked.
            var state = new StateDictPickle(ReadStart(pickle, (int)pickle.Length)).Read();
            var places = state.Take(TensorBounds.MaximumTensors + 1).Select(entry => Place.Of(archive, folder, entry.Key, entry.Value)).ToList();
            TensorBounds.Require(places.Count, places.Aggregate(Int128.Zero, (sum, place) => sum + place.End), file.Length);
            require?.Invoke(places.ToDictionary(place => place.Key, place => place.Shape));
            return places.ToDictionary(place => place.Key, place => place.Read());
        }
        catch (Exception malformed) when (malformed is ArgumentException or EndOfStreamException or IndexOutOfRangeException or InvalidCastException
            or InvalidOperationException or KeyNotFoundException or NotSupportedException or NullReferenceException or OverflowException)
        {
            throw new InvalidDataException("This PyTorch checkpoint is damaged.", malformed);
        }
    }

    /// <summary>Writes tensors for <c>torch.load</c>, also with <c>weights_only=True</c>; the file appears whole or not at all.</summary>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        AtomicFile.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            var references = tensors.Select((t, i) => KeyValuePair.Create(t.Key, Reference(t.Value, $"{i}"))).ToList();
            Add(archive, "archive/data.pkl", StateDictPickleWriter.Write(references));
            Add(archive, "archive/byteorder", "little"u8);
            foreach (var (key, reference) in references)
            {
                using var rows = tensors[key].detach().cpu().contiguous();
                Add(archive, $"archive/data/{reference.StorageKey}", rows.bytes);
            }

            Add(archive, "archive/version", "3\n"u8);
        });
    }

    private static TensorReference Reference(Tensor tensor, string key)
    {
        var stride = new long[tensor.shape.Length];
        var next = 1L;
        for (var i = stride.Length - 1; i >= 0; i--)
        {
            (stride[i], next) = (next, next * tensor.shape[i]);
        }

        return new TensorReference(Storages.First(s => s.Value.Type == tensor.dtype).Key, key, 0, tensor.shape, stride);
    }

    /// <summary>Not compressed: PyTorch maps storages into memory as they lie in the file.</summary>
    private static void Add(ZipArchive archive, string name, ReadOnlySpan<byte> bytes)
    {
        using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
        entry.Write(bytes);
    }

    private static void RequireLittleEndian(ZipArchive archive, string folder)
    {
        if (archive.GetEntry(folder + "byteorder") is { } entry && !ReadStart(entry, (int)Math.Min(entry.Length, 8)).AsSpan().StartsWith("little"u8))
        {
            throw new InvalidDataException("This PyTorch checkpoint was written on a big-endian machine, which is not supported.");
        }
    }

    private static byte[] ReadStart(ZipArchiveEntry entry, int length)
    {
        RequireStored(entry);
        var bytes = new byte[length];
        using var stream = entry.Open();
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>PyTorch compresses nothing, so that it can map storages as they lie. What unfolds to more than the file holds is no file of its.</summary>
    private static void RequireStored(ZipArchiveEntry entry)
    {
        if (entry.CompressedLength != entry.Length)
        {
            throw new InvalidDataException("This PyTorch checkpoint is compressed, which PyTorch does not do; load it in PyTorch and save it again.");
        }
    }

    /// <summary>Where a tensor lies in the archive: a place that is there, and that its shape fits.</summary>
    /// <param name="Key">Its name.</param>
    /// <param name="Type">Of its elements.</param>
    /// <param name="Shape">Sides.</param>
    /// <param name="Entry">What holds its bytes.</param>
    /// <param name="Start">Its first byte in the entry.</param>
    /// <param name="End">The byte behind its last; also what must be read to get there.</param>
    private sealed record Place(string Key, ScalarType Type, long[] Shape, ZipArchiveEntry Entry, long Start, long End)
    {
        public static Place Of(ZipArchive archive, string folder, string key, TensorReference reference)
        {
            if (!Storages.TryGetValue(reference.StorageType, out var storage))
            {
                throw new InvalidDataException($"The tensor '{key}' is of the type {reference.StorageType}, which is not supported.");
            }

            if (reference.Offset < 0 || reference.Shape.Length != reference.Stride.Length)
            {
                throw new InvalidDataException($"The tensor '{key}' has an impossible shape.");
            }

            var elements = TensorBounds.Elements(key, reference.Shape);
            var expected = 1L;
            for (var i = reference.Shape.Length - 1; i >= 0; i--)
            {
                if (reference.Stride[i] != expected && reference.Shape[i] > 1)
                {
                    throw new InvalidDataException($"The tensor '{key}' is not stored row by row, which is not supported.");
                }

                expected *= reference.Shape[i];
            }

            var entry = archive.GetEntry($"{folder}data/{reference.StorageKey}")
                ?? throw new InvalidDataException($"The bytes of the tensor '{key}' are missing.");
            RequireStored(entry);
            var end = checked((reference.Offset + elements) * storage.Size);
            return end <= entry.Length && end <= Array.MaxLength
                ? new Place(key, storage.Type, reference.Shape, entry, reference.Offset * storage.Size, end)
                : throw new InvalidDataException($"The tensor '{key}' reaches beyond its bytes.");
        }

        public Tensor Read()
        {
            var tensor = empty(Shape, Type);
            if (End > Start)
            {
                using var stream = Entry.Open();
                Skip(stream, Start);
                stream.ReadExactly(tensor.bytes);
            }

            return tensor;
        }

        private static void Skip(Stream stream, long count)
        {
            Span<byte> piece = stackalloc byte[4096];
            while (count > 0)
            {
                var length = (int)Math.Min(count, piece.Length);
                stream.ReadExactly(piece[..length]);
                count -= length;
            }
        }
    }
}
