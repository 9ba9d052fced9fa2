using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>Tensors by name from a safetensors or a PyTorch file, told apart by their first bytes rather than by their names.</summary>
internal static class TensorFile
{
    /// <summary>Reads all tensors; they join the caller's dispose scope.</summary>
    /// <param name="path">The file.</param>
    /// <param name="require">Gets the tensors' shapes before any is read, and throws where they are not those that are needed.</param>
    /// <exception cref="InvalidDataException">The file is neither, or damaged; one sentence says why.</exception>
    public static IReadOnlyDictionary<string, Tensor> Read(string path, Action<IReadOnlyDictionary<string, long[]>>? require = null)
    {
        using var file = File.OpenRead(path);
        return IsZip(file, path) ? PyTorchCheckpoint.Read(file, require) : SafeTensors.Read(file, require).Tensors;
    }

    /// <summary>Whether the file is a zip, as PyTorch's are; it is at its beginning again then.</summary>
    /// <exception cref="InvalidDataException">It is of PyTorch's old format.</exception>
    internal static bool IsZip(FileStream file, string path)
    {
        Span<byte> start = stackalloc byte[4];
        var read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (read == start.Length && start[0] == 0x80 && Path.GetExtension(path) is ".pth" or ".pt")
        {
            throw new InvalidDataException("The file is of PyTorch's old format, from before version 1.6; load it in PyTorch and save it again.");
        }

        file.Position = 0;
        return start.SequenceEqual("PK\u0003\u0004"u8);
    }
}
