namespace SafeMedLabel.Application.Persistence;

/// <summary>When the storage counts as one that can be written.</summary>
public sealed class StorageWatchOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "StorageWatch";

    /// <summary>Mebibytes that must be free on the disk of the storage, 0 to 1,048,576: what is acknowledged must also fit in.</summary>
    public long MinimumFreeMegabytes { get; set; } = 256;

    /// <summary>True where it can be kept to.</summary>
    public bool IsValid => MinimumFreeMegabytes is >= 0 and <= 1 << 20;
}
