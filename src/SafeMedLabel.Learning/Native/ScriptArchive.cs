using System.IO.Compression;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// TorchScript functions that call libtorch's operators of any name. TorchSharp compiles a source too, but knows only the operators called
/// <c>torch.…</c>; a module read from an archive finds all of them, as <c>ops.…</c>.
/// </summary>
internal static class ScriptArchive
{
    private const string ClassName = "Functions";

    /// <summary>A module with the methods of <paramref name="source"/>, whose first parameter is <c>self: __torch__.Functions</c>.</summary>
    public static jit.ScriptModule Load(string source)
    {
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(archive, "version", "3\n"u8);
            Add(archive, "constants.pkl", [0x80, 2, (byte)')', (byte)'.']);
            Add(archive, "data.pkl", EmptyModule());
            var header = $"class {ClassName}(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n";
            var body = string.Concat(source.ReplaceLineEndings("\n").Split('\n').Select(line => $"  {line}".TrimEnd() + "\n"));
            Add(archive, "code/__torch__.py", Encoding.UTF8.GetBytes(header + body));
        }

        return jit.load(buffer.ToArray());
    }

    /// <summary>Pickle, protocol 2, of an object of the class whose one attribute is <c>training</c>, false.</summary>
    private static byte[] EmptyModule() =>
    [
        0x80, 2,
        .. Encoding.ASCII.GetBytes($"c__torch__\n{ClassName}\n"),
        (byte)')', 0x81,
        (byte)'}', (byte)'(',
        (byte)'X', 8, 0, 0, 0, .. "training"u8,
        0x89, (byte)'u', (byte)'b', (byte)'.',
    ];

    private static void Add(ZipArchive archive, string name, ReadOnlySpan<byte> content)
    {
        // libtorch reads entries where they lie: none may be compressed.
        using var entry = archive.CreateEntry($"functions/{name}", CompressionLevel.NoCompression).Open();
        entry.Write(content);
    }
}
