namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>Writes files that a kill cannot leave half-written.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes beside the place, flushes to the disk, and renames. <paramref name="write"/> leaves the stream open. The file beside
    /// always has the same name, so that what a kill leaves there is overwritten by the next attempt.
    /// </summary>
    public static void Write(string path, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.tmp");
        using (var stream = File.Create(temporary))
        {
            try
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            catch
            {
                // A full disk is the likeliest reason: leave nothing of ours on it.
                File.Delete(temporary);
                throw;
            }
        }

        File.Move(temporary, path, overwrite: true);
    }
}
