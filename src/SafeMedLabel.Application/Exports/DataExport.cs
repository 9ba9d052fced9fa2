using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Exports;

/// <summary>One export of a project's labels, and how it went.</summary>
public sealed class DataExport
{
    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>Its form.</summary>
    public ExportFormat Format { get; set; }

    /// <summary>Whether the pictures are in it.</summary>
    public bool WithPictures { get; set; }

    /// <summary>Whether readers stand with their names.</summary>
    public bool NamesReaders { get; set; }

    /// <summary>Who asked for it.</summary>
    public required string RequestedById { get; set; }

    /// <summary>When it was asked for, UTC.</summary>
    public DateTime RequestedUtc { get; set; }

    /// <summary>Where it stands.</summary>
    public ExportState State { get; set; }

    /// <summary>Part of it that is written, 0 to 1.</summary>
    public double Progress { get; set; }

    /// <summary>When it ended, UTC.</summary>
    public DateTime? FinishedUtc { get; set; }

    /// <summary>Images in it.</summary>
    public int Images { get; set; }

    /// <summary>Readings in it.</summary>
    public int Readings { get; set; }

    /// <summary>Size of its file.</summary>
    public long Bytes { get; set; }

    /// <summary>Times that a worker took it up, but for those that stopped it in good order.</summary>
    public int Tries { get; set; }

    /// <summary>Why it failed, in one sentence.</summary>
    public string? Error { get; set; }

    /// <summary>States in which the worker has it or will have it.</summary>
    public static IReadOnlyList<ExportState> ActiveStates { get; } = [ExportState.Queued, ExportState.Running];

    /// <summary>What it is to hold.</summary>
    public ExportOptions Options => new(Format, WithPictures, NamesReaders);

    /// <summary>The name that its file is downloaded under: it tells no more than an address may.</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"project-{ProjectId}-export-{Id}{Options.Extension}");

    /// <summary>Where its file lies.</summary>
    internal string PathIn(StorageOptions storage) => Path.Combine(storage.ExportFolder, FileName);

    internal sealed class Configuration : IEntityTypeConfiguration<DataExport>
    {
        public void Configure(EntityTypeBuilder<DataExport> builder) => builder.HasOne<Project>().WithMany().HasForeignKey(e => e.ProjectId);
    }
}
