using System.IO.Compression;
using System.Text;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Checkpoints;

/// <summary>Hostile and damaged PyTorch files, put together opcode by opcode (Python's pickletools documents them).</summary>
public sealed class PyTorchCheckpointTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_plain_state_dict_is_read()
    {
        var tensor = PyTorchCheckpoint.Read(Archive(StateDict(rows: 2, columns: 3))).Single();

        Assert.Equal("w", tensor.Key);
        Assert.Equal([2L, 3L], tensor.Value.shape);
        Assert.Equal([0f, 1f, 2f, 3f, 4f, 5f], tensor.Value.data<float>().ToArray());
    }

    [Fact]
    public void What_is_written_for_PyTorch_is_read_back_whole()
    {
        using var folder = new TemporaryFolder();
        using var network = new ResNet18(3, seed: 2);
        PyTorchCheckpoint.Write(folder.File("model.pth"), network.Tensors());

        using var file = File.OpenRead(folder.File("model.pth"));
        var read = PyTorchCheckpoint.Read(file);

        Assert.Equal(network.Tensors().Keys.Order(), read.Keys.Order());
        Assert.All(network.Tensors(), t => Assert.True(t.Value.dtype == read[t.Key].dtype && t.Value.equal(read[t.Key]).all().ToBoolean(), t.Key));
    }

    [Theory]
    [InlineData("posix\nsystem\n", "posix.system")]
    [InlineData("builtins\neval\n", "builtins.eval")]
    [InlineData("torch.hub\nload\n", "torch.hub.load")]
    [InlineData("torch\nload\n", "torch.load")]
    public void A_pickle_that_asks_for_code_is_refused_and_the_code_is_named(string global, string name)
    {
        byte[] pickle = [0x80, 2, (byte)'c', .. Encoding.ASCII.GetBytes(global), (byte)'X', 4, 0, 0, 0, .. "id\0\0"u8, 0x85, (byte)'R', (byte)'.'];

        Assert.Contains($"'{name}'", Refused(Archive(pickle)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_opcode_that_a_state_dict_does_not_need_is_refused_and_named() =>
        Assert.Contains("0x69", Refused(Archive([0x80, 2, (byte)'i', .. "os\nsystem\n"u8, (byte)'.'])), StringComparison.Ordinal);

    [Fact]
    public void A_tensor_that_reaches_beyond_its_bytes_is_refused() =>
        Assert.Contains("reaches beyond", Refused(Archive(StateDict(rows: 2, columns: 4))), StringComparison.Ordinal);

    [Fact]
    public void A_tensor_without_bytes_is_refused() =>
        Assert.Contains("missing", Refused(Archive(StateDict(rows: 2, columns: 3, storage: "7"))), StringComparison.Ordinal);

    [Fact]
    public void Something_else_than_a_tensor_is_refused() =>
        Assert.Contains("no tensor", Refused(Archive([0x80, 2, (byte)'}', (byte)'X', 1, 0, 0, 0, (byte)'a', (byte)'K', 1, (byte)'s', (byte)'.'])), StringComparison.Ordinal);

    [Fact]
    public void A_big_endian_file_is_refused() =>
        Assert.Contains("big-endian", Refused(Archive(StateDict(2, 3), ("archive/byteorder", "big"u8.ToArray()))), StringComparison.Ordinal);

    [Fact]
    public void A_zip_without_a_pickle_and_a_file_that_is_no_zip_are_refused()
    {
        Assert.Contains("no data.pkl", Refused(Archive(null)), StringComparison.Ordinal);
        Refused(new MemoryStream("not a zip at all"u8.ToArray()));
    }

    [Fact]
    public void A_pickle_cut_or_changed_anywhere_is_read_or_refused_and_nothing_else()
    {
        var pickle = StateDict(2, 3);
        Assert.All(Enumerable.Range(0, pickle.Length), length => Refused(Archive(pickle[..length])));
        var random = new Random(1);
        for (var i = 0; i < 500; i++)
        {
            var changed = (byte[])pickle.Clone();
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                PyTorchCheckpoint.Read(Archive(changed));
            }
            catch (InvalidDataException)
            {
                // Refused, as it may be.
            }
        }
    }

    private static string Refused(Stream file) => Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Read(file)).Message;

    /// <summary>{'w': rows × columns floats of the given storage}.</summary>
    private static byte[] StateDict(byte rows, byte columns, string storage = "0") =>
    [
        0x80, 2, (byte)'}', (byte)'X', 1, 0, 0, 0, (byte)'w',
        (byte)'c', .. "torch._utils\n_rebuild_tensor_v2\n"u8,
        (byte)'(',
        (byte)'(', (byte)'X', 7, 0, 0, 0, .. "storage"u8, (byte)'c', .. "torch\nFloatStorage\n"u8,
        (byte)'X', 1, 0, 0, 0, .. Encoding.ASCII.GetBytes(storage), (byte)'X', 3, 0, 0, 0, .. "cpu"u8, (byte)'K', 6, (byte)'t', (byte)'Q',
        (byte)'K', 0, (byte)'K', rows, (byte)'K', columns, 0x86, (byte)'K', columns, (byte)'K', 1, 0x86,
        0x89, (byte)'}', (byte)'t', (byte)'R', (byte)'s', (byte)'.',
    ];

    private static MemoryStream Archive(byte[]? pickle, params (string Name, byte[] Bytes)[] more)
    {
        var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            float[] values = [0, 1, 2, 3, 4, 5];
            foreach (var (name, bytes) in more.Prepend(("archive/data/0", values.SelectMany(BitConverter.GetBytes).ToArray())))
            {
                Add(archive, name, bytes);
            }

            if (pickle is not null)
            {
                Add(archive, "archive/data.pkl", pickle);
            }
        }

        stream.Position = 0;
        return stream;
    }

    private static void Add(ZipArchive archive, string name, byte[] bytes)
    {
        using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
        entry.Write(bytes);
    }
}
