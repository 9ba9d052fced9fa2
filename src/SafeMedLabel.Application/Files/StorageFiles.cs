using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Files;

/// <summary>
/// An agreement between processes about a storage's files: whoever reads what a copy of the database names holds them, and meanwhile nobody takes out
/// what the database itself no longer names. It ends with the process, whatever ends that.
/// </summary>
internal static class StorageFiles
{
    private const string Name = ".files";

    /// <summary>Lets nobody take out files until the result is disposed; waits for who does just now, which takes a moment.</summary>
    public static FileStream Hold(StorageOptions storage, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryOpen(storage, FileAccess.Read, FileShare.Read) is { } held)
            {
                return held;
            }

            cancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(20));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Lets nobody hold files until the result is disposed; null where somebody does.</summary>
    public static FileStream? TryTake(StorageOptions storage) => TryOpen(storage, FileAccess.ReadWrite, FileShare.None);

    private static FileStream? TryOpen(StorageOptions storage, FileAccess access, FileShare share)
    {
        var path = Path.Combine(storage.FullRoot, Name);
        try
        {
            return new FileStream(path, access == FileAccess.Read ? FileMode.Open : FileMode.OpenOrCreate, access, share, bufferSize: 1);
        }
        catch (FileNotFoundException)
        {
            using (new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite))
            {
                // Only that there is one.
            }

            return null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
