namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>Writes files that a kill cannot leave half-written.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside the place, flushes to the disk, and renames.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        using (var stream = File.Create(temporary))
        {
            write(stream);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
