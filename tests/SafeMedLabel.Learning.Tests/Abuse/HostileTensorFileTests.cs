using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Abuse;

/// <summary>
/// Weights that somebody has made to do harm. A refusal is one sentence, and costs no memory: what is counted is what this thread allocates, and the
/// tensors that it makes.
/// </summary>
public sealed class HostileTensorFileTests : IDisposable
{
    private const int AllowedBytes = 8 << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public HostileTensorFileTests()
    {
        // Whatever is loaded or compiled once is no test's.
        Learning.Native.LibTorch.EnsureLoaded();
        SafeTensors.Write(_folder.File("warm.safetensors"), new Dictionary<string, Tensor> { ["a"] = ones(2) }, new Dictionary<string, string>());
        PyTorchCheckpoint.Write(_folder.File("warm.pth"), new Dictionary<string, Tensor> { ["a"] = ones(2) });
        TensorFile.Read(_folder.File("warm.safetensors"));
        TensorFile.Read(_folder.File("warm.pth"));
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_compressed_checkpoint_is_refused_before_it_unfolds()
    {
        var file = Archive(CompressionLevel.SmallestSize, Pickle([("w", "0", 0, [25_000_000])]), ("0", new byte[100_000_000]));

        Assert.Contains("is compressed", Refused(file), StringComparison.Ordinal);
        Assert.InRange(new FileInfo(file).Length, 1, 1 << 20);
    }

    [Fact]
    public void A_compressed_pickle_is_refused_before_it_unfolds() =>
        Assert.Contains("pickle", Refused(Archive(CompressionLevel.SmallestSize, new byte[60_000_000])), StringComparison.Ordinal);

    [Fact]
    public void A_pickle_that_makes_much_of_little_makes_no_more_than_its_length_allows() =>
        Refused(Archive(CompressionLevel.NoCompression, [0x80, 2, .. Enumerable.Repeat((byte)'}', 70_000), (byte)'N', (byte)'.']), allowed: 70_000 * 200);

    [Fact]
    public void Many_tensors_of_the_same_bytes_are_refused_before_any_is_made()
    {
        var tensors = Enumerable.Range(0, 500).Select(i => ($"w{i}", "0", 0L, (long[])[250_000])).ToArray();

        var file = Archive(CompressionLevel.NoCompression, Pickle(tensors), ("0", new byte[1_000_000]));

        Assert.Contains("share their bytes", Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Small_tensors_at_the_end_of_one_long_storage_are_refused_for_what_must_be_read_to_get_there()
    {
        var tensors = Enumerable.Range(0, 500).Select(i => ($"w{i}", "0", 249_999L, (long[])[1])).ToArray();

        var file = Archive(CompressionLevel.NoCompression, Pickle(tensors), ("0", new byte[1_000_000]));

        Assert.Contains("share their bytes", Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void More_bytes_of_tensors_than_any_network_has_are_refused_before_any_is_read()
    {
        const long Bytes = 3L << 29;
        var file = SafeTensorsFile($$$"""{"w":{"dtype":"U8","shape":[{{{Bytes}}}],"data_offsets":[0,{{{Bytes}}}]}}""", []);
        using (var longer = new FileStream(file, FileMode.Open))
        {
            // Nothing but a hole: it takes no room on the disk.
            longer.SetLength(longer.Length + Bytes);
        }

        Assert.Contains("at most 1,073,741,824 are read", Refused(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new long[] { 1L << 40, 1L << 40 })]
    [InlineData(new long[] { 0, 1L << 40, 1L << 40 })]
    [InlineData(new long[] { -1, -6 })]
    [InlineData(new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 6 })]
    [InlineData(new long[] { long.MaxValue })]
    public void A_shape_that_no_tensor_has_is_refused_by_both_readers(long[] shape)
    {
        var text = $"[{string.Join(",", shape)}]";

        var checkpoint = Archive(CompressionLevel.NoCompression, Pickle([("w", "0", 0, shape)]), ("0", new byte[24]));
        var safeTensors = SafeTensorsFile($$$"""{"w":{"dtype":"F32","shape":{{{text}}},"data_offsets":[0,24]}}""", new byte[24]);

        Assert.All([checkpoint, safeTensors], file => Assert.Contains("impossible shape", Refused(file), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,32]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[9223372036854775792,9223372036854775807]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[100000000],"data_offsets":[0,400000000]}}""")]
    [InlineData("""{"a":null}""")]
    [InlineData("""{"a":{"dtype":null,"shape":null,"data_offsets":null}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[null],"data_offsets":[0,16]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4.5],"data_offsets":[0,16]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,16]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":"4","data_offsets":{"0":16}}}""")]
    [InlineData("[]")]
    public void Offsets_that_overlap_leave_the_file_or_are_none_are_refused(string header) => Refused(SafeTensorsFile(header, new byte[24]));

    [Fact]
    public void A_header_that_names_more_than_any_network_has_is_refused()
    {
        var many = string.Join(",", Enumerable.Range(0, 20_000).Select(i => $$"""
            "{{i}}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}
            """));
        Assert.Contains("at most 10,000", Refused(SafeTensorsFile($"{{{many}}}", []), allowed: 64 << 20), StringComparison.Ordinal);

        var file = SafeTensorsFile($$$"""{"__metadata__":{"a":"{{{new string(' ', 65 << 20)}}}"}}""", []);
        Assert.Contains("impossible length", Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_another_network_is_refused_before_its_tensors_are_read()
    {
        SafeTensors.Write(
            _folder.File("model.safetensors"),
            new Dictionary<string, Tensor> { ["base.conv1.weight"] = zeros(40_000_000) },
            new Dictionary<string, string>
            {
                ["safemed"] = """{"ClassNames":["a","b"],"ImageSize":32,"Method":"x","Software":"x","CreatedUtc":"2026-01-01T00:00:00Z"}""",
            });

        var sentence = "";
        var allocated = Allocated(() => sentence = Assert.Throws<InvalidDataException>(() => ModelFile.Load(_folder.File("model.safetensors"))).Message);

        Assert.Contains("The model lacks the tensor", sentence, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, AllowedBytes);
    }

    [Fact]
    public void Whatever_is_done_to_a_files_bytes_it_is_read_or_refused_with_a_sentence_and_takes_no_more_memory_than_it_is_long()
    {
        var tensors = new Dictionary<string, Tensor>
        {
            ["a.weight"] = arange(48).to(ScalarType.Float32).reshape(4, 12),
            ["b"] = ones(7, ScalarType.Int64),
            ["c"] = zeros(0),
        };
        SafeTensors.Write(_folder.File("good.safetensors"), tensors, new Dictionary<string, string> { ["safemed"] = "{}" });
        PyTorchCheckpoint.Write(_folder.File("good.pth"), tensors);
        var changes =
            from file in Gen.Elements("good.safetensors", "good.pth")
            from places in Gen.ArrayOf(Gen.Choose(0, 2000), 3)
            from bytes in Gen.ArrayOf(Gen.OneOf(Gen.Choose(0, 255), Gen.Elements(0, 255, 127, 128)), 3)
            from kind in Gen.Choose(0, 3)
            select (file, places, bytes, kind);

        Prop.ForAll(changes.ToArbitrary(), change =>
        {
            var good = File.ReadAllBytes(_folder.File(change.file));
            var path = _folder.Add($"changed{Path.GetExtension(change.file)}", Change(good, change.places, change.bytes, change.kind));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var scope = NewDisposeScope();
                Assert.True(TensorFile.Read(path).Values.Sum(t => t.numel() * t.element_size()) <= new FileInfo(path).Length);
            }
            catch (InvalidDataException refused)
            {
                Assert.NotEmpty(refused.Message);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllowedBytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Theory]
    [InlineData("""{"Recipe":"recipe","Epochs":null,"KeptEpoch":1}""")]
    [InlineData("""{"Recipe":"recipe","Epochs":[null],"KeptEpoch":1}""")]
    [InlineData("""{"Recipe":"recipe","Epochs":[],"KeptEpoch":1}""")]
    [InlineData("""{"Recipe":null,"Epochs":null,"KeptEpoch":-1}""")]
    [InlineData("null")]
    [InlineData("[]")]
    public void A_trainings_checkpoint_with_nothing_where_something_should_be_begins_the_training_anew(string metadata)
    {
        var texts = new Dictionary<string, string> { ["training"] = metadata };
        SafeTensors.Write(_folder.File("x.checkpoint"), new Dictionary<string, Tensor> { ["a"] = ones(2) }, texts);
        using var network = new ResNet18(2);
        using var state = new TrainingState(network, new TrainingOptions());

        Assert.Null(TrainingCheckpoint.TryLoad(_folder.File("x.checkpoint"), "recipe", state));
    }

    /// <summary>Changes bytes, cuts the file, adds to it, or puts one part of it in place of another.</summary>
    private static byte[] Change(byte[] good, int[] places, int[] bytes, int kind)
    {
        var changed = (byte[])good.Clone();
        int At(int i) => places[i] % good.Length;
        switch (kind)
        {
            case 0:
                return changed[..At(0)];
            case 1:
                return [.. changed[..At(0)], .. bytes.Select(b => (byte)b), .. changed[At(0)..]];
            case 2:
                changed.AsSpan(At(0), Math.Min(16, good.Length - Math.Max(At(0), At(1)))).CopyTo(changed.AsSpan(At(1)));
                return changed;
            default:
                for (var i = 0; i < places.Length; i++)
                {
                    changed[At(i)] = (byte)bytes[i];
                }

                return changed;
        }
    }

    /// <summary>The sentence of a refusal that cost nearly nothing.</summary>
    private static string Refused(string path, long allowed = AllowedBytes)
    {
        var sentence = "";
        var made = DisposeScopeManager.Statistics.CreatedInScopeCount;
        Assert.InRange(Allocated(() => sentence = Assert.Throws<InvalidDataException>(() => TensorFile.Read(path)).Message), 0, allowed);
        Assert.Equal(made, DisposeScopeManager.Statistics.CreatedInScopeCount);
        return sentence;
    }

    private static long Allocated(Action act)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        act();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private string SafeTensorsFile(string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return _folder.Add("made.safetensors", [.. length, .. json, .. data]);
    }

    private string Archive(CompressionLevel level, byte[] pickle, params (string Key, byte[] Bytes)[] storages)
    {
        using var stream = File.Create(_folder.File("made.pth"));
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create);
        foreach (var (name, bytes) in storages.Select(s => ($"archive/data/{s.Key}", s.Bytes)).Append(("archive/data.pkl", pickle)))
        {
            var isPickle = name.EndsWith(".pkl", StringComparison.Ordinal) && storages.Length > 0;
            using var entry = archive.CreateEntry(name, isPickle ? CompressionLevel.NoCompression : level).Open();
            entry.Write(bytes);
        }

        return stream.Name;
    }

    /// <summary>{name: tensor} of floats, row by row, with sides of any size.</summary>
    private static byte[] Pickle((string Name, string Storage, long Offset, long[] Shape)[] tensors)
    {
        var pickle = new List<byte> { 0x80, 2, (byte)'}' };
        void Text(string text) => pickle.AddRange([(byte)'X', .. BitConverter.GetBytes(text.Length), .. Encoding.ASCII.GetBytes(text)]);
        void Number(long number) => pickle.AddRange([0x8a, 8, .. BitConverter.GetBytes(number)]);
        void Numbers(long[] numbers)
        {
            pickle.Add((byte)'(');
            Array.ForEach(numbers, Number);
            pickle.Add((byte)'t');
        }

        foreach (var (name, storage, offset, shape) in tensors)
        {
            Text(name);
            pickle.AddRange([(byte)'c', .. "torch._utils\n_rebuild_tensor_v2\n"u8, (byte)'(', (byte)'(']);
            Text("storage");
            pickle.AddRange([(byte)'c', .. "torch\nFloatStorage\n"u8]);
            Text(storage);
            Text("cpu");
            Number(1);
            pickle.AddRange([(byte)'t', (byte)'Q']);
            Number(offset);
            Numbers(shape);
            Numbers([.. shape.Select((_, i) => shape[(i + 1)..].Aggregate(1L, (product, side) => unchecked(product * side)))]);
            pickle.AddRange([0x89, (byte)'}', (byte)'t', (byte)'R', (byte)'s']);
        }

        return [.. pickle, (byte)'.'];
    }
}
