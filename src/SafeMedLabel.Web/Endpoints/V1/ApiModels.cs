using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>A project.</summary>
/// <param name="Id">Key.</param>
/// <param name="Name">Name.</param>
/// <param name="Question">What readers are asked.</param>
/// <param name="Classes">The answers.</param>
/// <param name="IsSynthetic">True when its images were drawn by a program.</param>
/// <param name="ActiveRound">Number of the round whose model may be used; null where there is none.</param>
public sealed record ApiProject(int Id, string Name, string Question, IReadOnlyList<string> Classes, bool IsSynthetic, int? ActiveRound);

/// <summary>An image.</summary>
/// <param name="Id">Key.</param>
/// <param name="Sha256">Of the file.</param>
/// <param name="Patient">The patient.</param>
/// <param name="Site">Where it was taken.</param>
/// <param name="Split">Which part of the data it belongs to.</param>
/// <param name="Reference">The class that came with it.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public sealed record ApiImage(Guid Id, string Sha256, string Patient, string? Site, DataSplit Split, string? Reference, int Width, int Height);

/// <summary>What a reader said.</summary>
/// <param name="Id">Key, ascending in time.</param>
/// <param name="Image">The image.</param>
/// <param name="Reader">The reader's pseudonym, as exports have it.</param>
/// <param name="Kind">What was said.</param>
/// <param name="Class">The class, of a label.</param>
/// <param name="AtUtc">When.</param>
/// <param name="Seconds">How long the image was looked at.</param>
/// <param name="Aid">What the reader had seen of the model's opinion.</param>
public sealed record ApiLabelEvent(long Id, Guid Image, string Reader, AnswerKind Kind, string? Class, DateTime AtUtc, double Seconds, Aid Aid);

/// <summary>Images for a reader.</summary>
/// <param name="State">What the queue has.</param>
/// <param name="Images">Leased to the reader, the one to read first in front.</param>
/// <param name="NextFreeUtc">When a colleague's lease ends first, where all are with colleagues.</param>
public sealed record ApiQueue(QueueState State, IReadOnlyList<QueueImage> Images, DateTime? NextFreeUtc);

/// <summary>An answer.</summary>
/// <param name="Image">An image that the caller holds.</param>
/// <param name="Kind">'Label', 'Skip' or 'Unreadable'.</param>
/// <param name="Class">The class, of a label.</param>
/// <param name="Seconds">How long the image was looked at.</param>
public sealed record ApiAnswer(Guid Image, AnswerKind Kind, string? Class = null, double Seconds = 0);

/// <summary>A round and its numbers on the locked test set.</summary>
/// <param name="Number">Its number in the project.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Method">How it learns.</param>
/// <param name="BeganWith">The weights that its training begins with, in words.</param>
/// <param name="Labels">Labelled images.</param>
/// <param name="RequestedUtc">When it was asked for.</param>
/// <param name="FinishedUtc">When it ended.</param>
/// <param name="Progress">Epoch in progress, and how many there are.</param>
/// <param name="TestImages">Images of the locked test set.</param>
/// <param name="Accuracy">Accuracy.</param>
/// <param name="Auc">Area under the ROC curve.</param>
/// <param name="SilentFailureThreshold">The confidence above which a mistake is silent.</param>
/// <param name="SilentFailureRate">Silent failures, as a fraction of the test set.</param>
/// <param name="Verdict">What the gate said.</param>
/// <param name="IsActive">Whether its model is the one that may be used.</param>
/// <param name="Error">Why it failed.</param>
public sealed record ApiRound(
    int Number, RoundState State, string Method, string BeganWith, int Labels, DateTime RequestedUtc, DateTime? FinishedUtc, ApiProgress Progress, int? TestImages, ApiInterval? Accuracy, double? Auc,
    double SilentFailureThreshold, ApiInterval? SilentFailureRate, string? Verdict, bool IsActive, string? Error);

/// <summary>How far a round is.</summary>
/// <param name="Epoch">Epoch in progress; 0 before training.</param>
/// <param name="Epochs">Epochs to train.</param>
public sealed record ApiProgress(int Epoch, int Epochs);

/// <summary>A measured value with its patient-cluster bootstrap 95 % interval.</summary>
/// <param name="Value">The value.</param>
/// <param name="Low">Lower end; null where there is no interval.</param>
/// <param name="High">Upper end.</param>
public sealed record ApiInterval(double Value, double? Low, double? High);

/// <summary>An import.</summary>
/// <param name="Id">Key.</param>
/// <param name="State">Where it stands.</param>
/// <param name="IsDryRun">Whether it only says what would go in.</param>
/// <param name="Total">Files found.</param>
/// <param name="Processed">Files looked at.</param>
/// <param name="Added">Images added.</param>
/// <param name="Duplicates">Files whose content the project already had.</param>
/// <param name="Conflicts">Pictures under two classes.</param>
/// <param name="Rejected">Files left out.</param>
/// <param name="Readings">Readers' answers that came along.</param>
/// <param name="Error">Why it failed.</param>
public sealed record ApiImport(int Id, ImportState State, bool IsDryRun, int Total, int Processed, int Added, int Duplicates, int Conflicts, int Rejected, int Readings, string? Error);

/// <summary>What to import.</summary>
/// <param name="Path">Folder, zip or manifest on the server.</param>
/// <param name="PatientPattern">Regular expression with a group 'patient'; null for the usual one.</param>
/// <param name="Site">Where the images were taken.</param>
/// <param name="IsDryRun">True where it is only to be said what would go in.</param>
/// <param name="PatchSize">Pixels a side of the patches that larger pictures are cut into; null where all go in as they are.</param>
public sealed record ApiImportRequest(string Path, string? PatientPattern = null, string? Site = null, bool IsDryRun = false, int? PatchSize = null);

/// <summary>An export.</summary>
/// <param name="Id">Key.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Format">Its form.</param>
/// <param name="WithPictures">Whether the pictures are in it.</param>
/// <param name="Progress">Part of it that is written, 0 to 1.</param>
/// <param name="Images">Images in it.</param>
/// <param name="Readings">Readings in it.</param>
/// <param name="Bytes">Size of its file.</param>
/// <param name="Error">Why it failed.</param>
public sealed record ApiExport(int Id, ExportState State, ExportFormat Format, bool WithPictures, double Progress, int Images, int Readings, long Bytes, string? Error);

/// <summary>What to export.</summary>
/// <param name="Format">Its form.</param>
/// <param name="WithPictures">True for a zip with the pictures.</param>
/// <param name="NamesReaders">True where readers stand with their names.</param>
public sealed record ApiExportRequest(ExportFormat Format, bool WithPictures = false, bool NamesReaders = false);

/// <summary>What the active model says of an image, and what may be done with it.</summary>
/// <param name="Class">The most probable class.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Probabilities">Of every class.</param>
/// <param name="Uncertainty">Variance of the model's MC-Dropout passes, 0 upwards.</param>
/// <param name="Decision">'Accept' where the answer may stand; 'Refer' where an expert must look.</param>
/// <param name="Certificate">What the decision rests on; null where nothing is promised, and every image is referred.</param>
/// <param name="Model">The model.</param>
public sealed record ApiPrediction(
    string Class, double Probability, IReadOnlyDictionary<string, double> Probabilities, double Uncertainty, PredictionDecision Decision, ApiCertificate? Certificate, ApiModel Model);

/// <summary>A promise about a model: answering only above a threshold, it is rarely wrong.</summary>
/// <param name="Threshold">Probability above which it answers.</param>
/// <param name="LargestRate">It is silently wrong in at most this fraction of the images of other patients.</param>
/// <param name="Confidence">With this confidence.</param>
/// <param name="Patients">Patients that this was found on.</param>
/// <param name="Images">Their images.</param>
public sealed record ApiCertificate(double Threshold, double LargestRate, double Confidence, int Patients, int Images)
{
    /// <summary>A certificate that may be relied on; null for none.</summary>
    public static ApiCertificate? Of(Certificate? promise) => promise is null ? null : new(promise.Threshold, promise.LargestRate, 1 - promise.Doubt, promise.Patients, promise.Count);
}

/// <summary>What was measured of a round's model on the locked test set.</summary>
/// <param name="Round">The round.</param>
/// <param name="SilentFailureThreshold">The confidence above which a mistake is silent.</param>
/// <param name="Measures">All measures.</param>
/// <param name="Thresholds">Silent failures and coverage over the confidence above which the model would answer.</param>
public sealed record ApiMetrics(int Round, double SilentFailureThreshold, IReadOnlyList<ApiMeasure> Measures, IReadOnlyList<ApiThreshold> Thresholds);

/// <summary>A measured value.</summary>
/// <param name="Measure">Of what.</param>
/// <param name="Class">The class that a sensitivity or specificity is about.</param>
/// <param name="Value">The value; null where it cannot be told.</param>
/// <param name="Low">Lower end of its patient-cluster bootstrap 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Images">Images that it is measured on.</param>
public sealed record ApiMeasure(Measure Measure, string? Class, double? Value, double? Low, double? High, int Images);

/// <summary>What a threshold would do.</summary>
/// <param name="Threshold">Confidence above which the model answers.</param>
/// <param name="SilentFailureRate">Wrong and surer than it, as a fraction of the test set.</param>
/// <param name="Coverage">Surer than it, as a fraction of the test set.</param>
public sealed record ApiThreshold(double Threshold, double SilentFailureRate, double Coverage);

/// <summary>A model that a project has made.</summary>
/// <param name="Round">The round that made it.</param>
/// <param name="Method">How it learned.</param>
/// <param name="TrainedUtc">When.</param>
/// <param name="IsActive">Whether it is the one that may be used.</param>
/// <param name="Verdict">What the gate said.</param>
/// <param name="Certificate">The certificate that may be relied on; null where every image is to be referred.</param>
/// <param name="Promotions">How it became the active one, the first first.</param>
public sealed record ApiModelState(int Round, string Method, DateTime? TrainedUtc, bool IsActive, string? Verdict, ApiCertificate? Certificate, IReadOnlyList<ApiPromotion> Promotions);

/// <summary>How a model became the active one.</summary>
/// <param name="Kind">By the gate, a person's signature, or a way back.</param>
/// <param name="AtUtc">When.</param>
/// <param name="Reason">The signer's reason.</param>
public sealed record ApiPromotion(PromotionKind Kind, DateTime AtUtc, string? Reason);

/// <summary>A project's active model.</summary>
/// <param name="Round">The round that made it.</param>
/// <param name="Method">How it learned.</param>
/// <param name="TrainedUtc">When.</param>
/// <param name="IsOverride">True where not the gate let it through but a person signed for it.</param>
public sealed record ApiModel(int Round, string Method, DateTime? TrainedUtc, bool IsOverride);

/// <summary>Something that was started.</summary>
/// <param name="Id">Its key.</param>
public sealed record ApiStarted(int Id);
