using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>All that is told of a completed round to who keeps it on file. It names no patient and no image.</summary>
public sealed record RoundReport
{
    /// <summary>The project, with its classes in key order.</summary>
    public required Project Project { get; init; }

    /// <summary>The round with what it left behind.</summary>
    public required RoundDetail Detail { get; init; }

    /// <summary>What readers have found of its pseudo-labels since; empty where nothing.</summary>
    public required IReadOnlyList<AuditedEpoch> Audited { get; init; }

    /// <summary>The project's active model, of this round or another; null where there is none.</summary>
    public required ModelStanding? Standing { get; init; }

    /// <summary>The data, without what came in after the round began.</summary>
    public required IReadOnlyList<SplitClasses> Splits { get; init; }

    /// <summary>Training images that readers found unreadable, in the round's label snapshot.</summary>
    public required int Unreadable { get; init; }

    /// <summary>Training images that readers read differently and nobody decided, in the round's label snapshot.</summary>
    public required int Disputed { get; init; }

    /// <summary>Readers with a standing answer when the report was made.</summary>
    public required int Readers { get; init; }

    /// <summary>How far they agree; null where fewer than two images have two labels.</summary>
    public required Kappa? Agreement { get; init; }

    /// <summary>By what the model is known; null where its file is gone.</summary>
    public required ModelRecord? Model { get; init; }

    /// <summary>What made the round's model active and what ended that, in order.</summary>
    public required IReadOnlyList<Signature> Signatures { get; init; }

    /// <summary>When the report was made, UTC.</summary>
    public required DateTime MadeUtc { get; init; }

    /// <summary>The round.</summary>
    public Round Round => Detail.Round;

    /// <summary>True where the round's model may be used.</summary>
    public bool IsActive => Standing?.Active.Id == Round.Id;

    /// <summary>The signature by which a person put the model above the gate's word; null where nobody did.</summary>
    public Signature? Override => Signatures.LastOrDefault(s => s is { Begins: true, Kind: PromotionKind.Override });

    /// <summary>The project's classes in index order.</summary>
    public IReadOnlyList<string> ClassNames => [.. Project.Classes.Select(c => c.Name)];

    /// <summary>What was measured; of a round from before more was kept, what its row says. Empty where there was no test image.</summary>
    public IReadOnlyList<MeasuredValue> Measures => Round.Measures ?? (Round.TestCount is not { } count ? [] :
    [
        new MeasuredValue(Measure.Accuracy, null, Round.Accuracy, RateInterval.Between(Round.AccuracyLow, Round.AccuracyHigh), count),
        new MeasuredValue(Measure.Auc, null, Round.Auc, null, count),
        new MeasuredValue(Measure.SilentFailureRate, null, Round.SilentFailureRate, RateInterval.Between(Round.SilentFailureLow, Round.SilentFailureHigh), count),
    ]);

    /// <summary>
    /// The confidence above which the certificate lets the model answer. Null where every image is to be referred to an expert: without a
    /// certificate, and with one that newer images or the test set have made void.
    /// </summary>
    public double? AnswersAbove => Round.Promise(Detail.DataChanged)?.Threshold;
}

/// <summary>One part of the data.</summary>
/// <param name="Split">Which.</param>
/// <param name="Images">Images in it.</param>
/// <param name="Patients">Their patients.</param>
/// <param name="Classes">
/// Images of each class, in index order: of training images by the readers' labels in the round's snapshot, of the others by what is known of them.
/// </param>
public sealed record SplitClasses(DataSplit Split, int Images, int Patients, IReadOnlyList<int> Classes)
{
    /// <summary>Images without a class.</summary>
    public int Unknown => Images - Classes.Sum();
}

/// <summary>A change of the active model to or from a round's.</summary>
/// <param name="AtUtc">When, UTC.</param>
/// <param name="Kind">How.</param>
/// <param name="Begins">True where the round's model became active, false where it ceased to be.</param>
/// <param name="Other">Number of the round whose model was active before, or is after; null where there was none.</param>
/// <param name="By">Who; null where the gate did.</param>
/// <param name="Reason">Why, in the signer's words; null but of an override in favour of this round's model.</param>
public sealed record Signature(DateTime AtUtc, PromotionKind Kind, bool Begins, int? Other, string? By, string? Reason);
