using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// One retraining: from the labels as of an instant to a measured model and a newly ranked queue.
/// The row is the state machine's memory and the recipe by which the round can be run again.
/// </summary>
public sealed class Round : IVersioned
{
    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>1-based number within the project.</summary>
    public int Number { get; set; }

    /// <summary>Where it stands.</summary>
    public RoundState State { get; set; }

    /// <summary>Who started it; null when the project's 'after every N labels' did.</summary>
    public string? RequestedById { get; set; }

    /// <summary>When it was asked for, UTC.</summary>
    public DateTime RequestedUtc { get; set; }

    /// <summary>When the worker took it up first, UTC.</summary>
    public DateTime? StartedUtc { get; set; }

    /// <summary>When it ended, UTC.</summary>
    public DateTime? FinishedUtc { get; set; }

    /// <summary>How often the worker took it up; more than once after a worker was killed.</summary>
    public int Attempts { get; set; }

    /// <summary>Times that a worker took it up since its last finished epoch, but for those that stopped it in good order.</summary>
    public int Tries { get; set; }

    /// <summary>A person asked to stop it; the worker reads this.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; set; }

    /// <summary>The last label event that counts: later labels wait for the next round.</summary>
    public long LabelSnapshot { get; set; }

    /// <summary>How several readers' answers became a label.</summary>
    public ConsensusRule Consensus { get; set; }

    /// <summary>Labelled images in the snapshot.</summary>
    public int LabelCount { get; set; }

    /// <summary>Training images without a label in the snapshot.</summary>
    public int PoolCount { get; set; }

    /// <summary>Seed of everything random in the round.</summary>
    public long Seed { get; set; }

    /// <summary>Training method, e.g. 'safemed-ssl'.</summary>
    public required string Method { get; set; }

    /// <summary>Side of the training pixels.</summary>
    public int ImageSize { get; set; }

    /// <summary>Epochs to train.</summary>
    public int Epochs { get; set; }

    /// <summary>The weights that the training begins with.</summary>
    public Beginning Beginning { get; set; }

    /// <summary>Number of the round whose model gives them; null where none does.</summary>
    public int? BeginningRound { get; set; }

    /// <summary>Name of the file in the storage's folder of weights that gives them; null where none does.</summary>
    public string? BeginningFile { get; set; }

    /// <summary>SHA-256 of that file when the round was asked for, 64 lower-case hexadecimal digits: with another file of that name it is not run.</summary>
    public string? BeginningFileHash { get; set; }

    /// <summary>How the queue is ranked at the end.</summary>
    public AcquisitionFunction Acquisition { get; set; }

    /// <summary>The threshold of <see cref="SilentFailureRate"/>.</summary>
    public double SilentFailureThreshold { get; set; }

    /// <summary>Epoch in progress, 1-based; 0 before training.</summary>
    public int Epoch { get; set; }

    /// <summary>Fraction of the present phase that is done, 0 to 1.</summary>
    public double PhaseProgress { get; set; }

    /// <summary>Latest training loss.</summary>
    public double? Loss { get; set; }

    /// <summary>Throughput of the present phase.</summary>
    public double? ImagesPerSecond { get; set; }

    /// <summary>Estimated seconds until training ends.</summary>
    public double? SecondsLeft { get; set; }

    /// <summary>When the worker last wrote progress, UTC.</summary>
    public DateTime? ProgressUtc { get; set; }

    /// <summary>Pseudo-labels that passed the safety filter, over all epochs.</summary>
    public long PseudoLabelsAccepted { get; set; }

    /// <summary>Pseudo-labels that the filter rejected, over all epochs.</summary>
    public long PseudoLabelsRejected { get; set; }

    /// <summary>Images of the locked test set.</summary>
    public int? TestCount { get; set; }

    /// <summary>Patients of the locked test set.</summary>
    public int? TestPatients { get; set; }

    /// <summary>Accuracy on the locked test set.</summary>
    public double? Accuracy { get; set; }

    /// <summary>Patient-cluster bootstrap 95 % interval of the accuracy, lower end.</summary>
    public double? AccuracyLow { get; set; }

    /// <summary>Its upper end.</summary>
    public double? AccuracyHigh { get; set; }

    /// <summary>Area under the ROC curve on the locked test set; null where the set has one class.</summary>
    public double? Auc { get; set; }

    /// <summary>Wrong and more confident than <see cref="SilentFailureThreshold"/>, as a fraction of the test set.</summary>
    public double? SilentFailureRate { get; set; }

    /// <summary>Patient-cluster bootstrap 95 % interval of the silent-failure rate, lower end.</summary>
    public double? SilentFailureLow { get; set; }

    /// <summary>Its upper end.</summary>
    public double? SilentFailureHigh { get; set; }

    /// <summary>α that the certificate is asked for.</summary>
    public double CertifiedRate { get; set; }

    /// <summary>δ that the certificate is asked for.</summary>
    public double CertifiedDoubt { get; set; }

    /// <summary>What the calibration images promise of the model; null where they promise nothing.</summary>
    public Certificate? Certificate { get; set; }

    /// <summary>All that was measured on the test set, with its doubt; null before it, and where there was no test image.</summary>
    public IReadOnlyList<MeasuredValue>? Measures { get; set; }

    /// <summary>The safety gate's decision; null before it, and of rounds that ended without a model.</summary>
    public GateReport? Gate { get; set; }

    /// <summary>The round of the active model that the gate compared with; null where there was none.</summary>
    public int? GateAgainstRoundId { get; set; }

    /// <summary>Pool images ranked at the end.</summary>
    public int? ScoredCount { get; set; }

    /// <summary>Model file, relative to the project's folder.</summary>
    public string? ModelFile { get; set; }

    /// <summary>
    /// SHA-256 of the model's file, weights and card, as the round left it: 64 lower-case hexadecimal digits. Null where there is no model; empty where a
    /// model of an early version was missing when models were first sealed. Such a model is not used.
    /// </summary>
    public string? ModelHash { get; set; }
    /// <summary>What its model file is called while it is no model yet.</summary>
    internal string NewModelFile => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"round-{Number}.safetensors");

    /// <inheritdoc />
    public Guid Version { get; set; }

    /// <summary>
    /// True where the locked test set shows more silent failures above the certified threshold than the certificate promises, beyond chance. False
    /// where that was not measured.
    /// </summary>
    public bool BreaksPromise => Certificate is not null && Certificate.IsBrokenBy(Measured(Measure.CertifiedSilentFailureRate)?.Interval);

    /// <summary>
    /// The certificate, where it may be relied on: null without one, where it does not know its patients, where the test set breaks it, and
    /// where images came in after the round was measured.
    /// </summary>
    public Certificate? Promise(bool dataChanged) => dataChanged || BreaksPromise ? null : Certificate.Valid(Certificate);

    /// <summary>One of <see cref="Measures"/> that is of no class; null where it was not measured.</summary>
    public MeasuredValue? Measured(Measure measure) => Measures?.SingleOrDefault(m => m.Measure == measure && m.ClassIndex is null);

    internal sealed class Configuration : IEntityTypeConfiguration<Round>
    {
        public void Configure(EntityTypeBuilder<Round> builder)
        {
            builder.HasIndex(r => new { r.ProjectId, r.Number }).IsUnique();
            builder.HasIndex(r => r.State);
            builder.Property(r => r.Version).IsConcurrencyToken();
            builder.Property(r => r.BeginningFile).HasMaxLength(WeightsFiles.MaxName);
            builder.Property(r => r.Certificate).HasConversion<JsonConverter<Certificate>>();
            builder.Property(r => r.Measures).HasConversion<JsonConverter<IReadOnlyList<MeasuredValue>>>()
                .Metadata.SetValueComparer(new ValueComparer<IReadOnlyList<MeasuredValue>>((one, other) => one!.SequenceEqual(other!), values => values.Count));
            builder.Property(r => r.Gate).HasConversion<JsonConverter<GateReport>>();
            builder.HasOne<Project>().WithMany().HasForeignKey(r => r.ProjectId);
        }
    }
}
