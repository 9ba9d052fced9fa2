using System.Globalization;
using Microsoft.Extensions.Options;

namespace SafeMedLabel.Application.Persistence;

/// <summary>The room on the storage's disk, of which a part must stay free: an answer that is acknowledged must fit in.</summary>
public sealed class StorageRoom(StorageOptions storage, IOptions<StorageWatchOptions> options)
{
    /// <summary>Bytes that are free for this program; on Windows on the drive, elsewhere on what is mounted there.</summary>
    public long FreeBytes => new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(storage.FullRoot)! : storage.FullRoot).AvailableFreeSpace;

    /// <summary>True while less is free than must stay free.</summary>
    public bool IsShort => FreeBytes < KeptBytes;

    private long KeptBytes => options.Value.MinimumFreeMegabytes << 20;

    /// <summary>Why there is no room for something, in a sentence; null where there is.</summary>
    /// <param name="what">What needs it: 'The import'.</param>
    /// <param name="bytes">Bytes that it needs at once.</param>
    /// <param name="inAll">Bytes that it needs in all from now on, for the sentence.</param>
    public string? Problem(string what, long bytes, long? inAll = null)
    {
        var free = FreeBytes;
        var needed = Megabytes(Math.Max(inAll ?? bytes, bytes));
        if (free - bytes >= KeptBytes)
        {
            return null;
        }

        var need = needed > 0 ? string.Create(CultureInfo.InvariantCulture, $"about {needed:N0} MB") : "more room";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what} needs {need}, {free >> 20:N0} MB are free, {KeptBytes >> 20:N0} MB must stay free (StorageWatch:MinimumFreeMegabytes). ")
            + "Make room on the disk of the storage and try again.";
    }

    /// <summary>Lets nothing begin for which there is no room.</summary>
    /// <param name="what">As of <see cref="Problem"/>.</param>
    /// <param name="bytes">As of <see cref="Problem"/>.</param>
    /// <param name="inAll">As of <see cref="Problem"/>.</param>
    /// <exception cref="StorageFullException">There is none.</exception>
    public void Require(string what, long bytes, long? inAll = null)
    {
        if (Problem(what, bytes, inAll) is { } problem)
        {
            throw new StorageFullException(problem);
        }
    }

    private static long Megabytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
