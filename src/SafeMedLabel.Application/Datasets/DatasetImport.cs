using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Where an import stands.</summary>
public enum ImportState
{
    /// <summary>Waits for the worker.</summary>
    Queued,

    /// <summary>Reads, checks and stores files.</summary>
    Running,

    /// <summary>All that could go in went in.</summary>
    Completed,

    /// <summary>Stopped by an error that <see cref="DatasetImport.Error"/> tells; nothing of it stays.</summary>
    Failed,

    /// <summary>A dry run ended: nothing went in, and <see cref="DatasetImport.Plan"/> says what would.</summary>
    Planned,

    /// <summary>Stopped by a person; nothing of it stays.</summary>
    Cancelled,
}

/// <summary>One import of a folder or archive into a project, and how it went.</summary>
public sealed class DatasetImport
{
    /// <summary>Longest address.</summary>
    public const int MaxAddress = 2000;

    /// <summary>Longest name of a site.</summary>
    public const int MaxSite = 100;

    /// <summary>Longest <see cref="SourceName"/>; a longer one is cut.</summary>
    public const int MaxSourceName = 200;

    /// <summary>What can be a <see cref="Site"/>.</summary>
    public static TextRule SiteRule { get; } = new("A site's name", MaxSite);

    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>Folder or archive on the server.</summary>
    public required string SourcePath { get; set; }

    /// <summary>The name a person knows it by: the uploaded file's name, or the folder's.</summary>
    public required string SourceName { get; set; }

    /// <summary>Where the images were taken, such as a laboratory or a microscope; null where nobody said.</summary>
    public string? Site { get; set; }

    /// <summary>True when the source was uploaded or fetched for this import, and goes when it ends; only a dry run keeps it, until it is decided on.</summary>
    public bool IsUpload { get; set; }

    /// <summary>Where the source is to be fetched from; null where it lies on the server. It may hold a secret.</summary>
    public string? Address { get; set; }

    /// <summary>What the SHA-256 of the fetched file must be: as somebody gave it, or else what the first fetch brought. Null until somebody knows.</summary>
    public string? Sha256 { get; set; }

    /// <summary>Bytes fetched so far.</summary>
    public long FetchedBytes { get; set; }

    /// <summary>Bytes to fetch; null where the server does not say.</summary>
    public long? FetchableBytes { get; set; }

    /// <summary>Regular expression with a group 'patient', matched against file names.</summary>
    public required string PatientPattern { get; set; }

    /// <summary>Pixels a side of the patches that large pictures are cut into; null where all go in as they are.</summary>
    public int? PatchSize { get; set; }

    /// <summary>Pictures that were cut.</summary>
    public int PicturesCut { get; set; }

    /// <summary>Patches with nothing on them, which were left out.</summary>
    public int BlankPatches { get; set; }

    /// <summary>Who asked for it.</summary>
    public required string RequestedById { get; set; }

    /// <summary>True where nothing is to go in, and only to be said what would.</summary>
    public bool IsDryRun { get; set; }

    /// <summary>What a dry run found; null before it ended, and where it was none.</summary>
    public ImportPlan? Plan { get; set; }

    /// <summary>What was taken otherwise than it is written, as sentences; null where an earlier version of the program imported it.</summary>
    public IReadOnlyList<string>? Remarks { get; set; }

    /// <summary>True once somebody asked for it to stop. Only written by <see cref="ImportService"/>: the worker's row does not carry it along.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>Where it stands.</summary>
    public ImportState State { get; set; }

    /// <summary>When it was asked for, UTC.</summary>
    public DateTime RequestedUtc { get; set; }

    /// <summary>When it ended, UTC.</summary>
    public DateTime? FinishedUtc { get; set; }

    /// <summary>Files found; 0 until the source is listed.</summary>
    public int Total { get; set; }

    /// <summary>Files looked at.</summary>
    public int Processed { get; set; }

    /// <summary>Images added.</summary>
    public int Added { get; set; }

    /// <summary>Files whose content the project already had.</summary>
    public int Duplicates { get; set; }

    /// <summary>Files rejected; each is an <see cref="ImportIssue"/>.</summary>
    public int Rejected { get; set; }

    /// <summary>Pictures found under two classes, here or in the project: each is in once, and somebody has to decide.</summary>
    public int Conflicts { get; set; }

    /// <summary>Images whose name told no patient; they count as one patient, 'unknown'.</summary>
    public int WithoutPatient { get; set; }

    /// <summary>Readers' answers and adjudicators' decisions that came along.</summary>
    public int Readings { get; set; }

    /// <summary>Why it failed, in one sentence.</summary>
    public string? Error { get; set; }

    /// <summary>States in which the worker has it or will have it.</summary>
    public static IReadOnlyList<ImportState> ActiveStates { get; } = [ImportState.Queued, ImportState.Running];

    /// <summary>Times that a worker took it up since it got further last, but for those that stopped it in good order.</summary>
    public int Tries { get; set; }

    /// <summary>Deletes the uploaded file, where the source is one.</summary>
    private void DeleteUpload(StorageOptions storage)
    {
        if (IsUpload && SourcePath.StartsWith(storage.UploadFolder, StringComparison.Ordinal))
        {
            ArchiveDownload.Delete(SourcePath);
        }
    }

    /// <summary>Where the patches of its large pictures lie until they are in.</summary>
    internal string PatchFolder(StorageOptions storage) => Path.Combine(storage.PatchFolder, Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Deletes what was made ready for it: those patches, and the uploaded file.</summary>
    internal void DeleteFiles(StorageOptions storage)
    {
        DeleteUpload(storage);
        DeletePatches(storage);
    }

    /// <summary>Deletes the patches, where there are any.</summary>
    private void DeletePatches(StorageOptions storage)
    {
        if (PatchSize is not null && Directory.Exists(PatchFolder(storage)))
        {
            Directory.Delete(PatchFolder(storage), recursive: true);
        }
    }

    internal sealed class Configuration : IEntityTypeConfiguration<DatasetImport>
    {
        public void Configure(EntityTypeBuilder<DatasetImport> builder)
        {
            builder.Property(i => i.Site).HasMaxLength(MaxSite);
            builder.Property(i => i.Address).HasMaxLength(MaxAddress);
            builder.Property(i => i.Sha256).HasMaxLength(64);
            builder.Property(i => i.Plan).HasConversion<JsonConverter<ImportPlan>>();
            builder.Property(i => i.Remarks).HasConversion<JsonConverter<IReadOnlyList<string>>>()
                .Metadata.SetValueComparer(new ValueComparer<IReadOnlyList<string>>((one, other) => one!.SequenceEqual(other!), values => values.Count));
            builder.Property(i => i.CancelRequested).Metadata.SetAfterSaveBehavior(PropertySaveBehavior.Ignore);
            builder.HasOne<Project>().WithMany().HasForeignKey(i => i.ProjectId);
        }
    }
}
