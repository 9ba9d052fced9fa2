using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Webhooks;

/// <summary>What webhooks are told of a row that is about to be written. It names no patient, file or person; whoever needs more asks the API.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="Event">What happened.</param>
/// <param name="Type">The same, as messages have it.</param>
/// <param name="Data">What it tells.</param>
internal sealed record WebhookPayload(int ProjectId, WebhookEvents Event, string Type, object Data)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What there is to tell of a changed row; null for nothing. The row alone says whether: nothing is read.</summary>
    public static Func<AppDbContext, WebhookPayload>? Of(EntityEntry row) => (row.Entity, row.State) switch
    {
        (LabelEvent { ImportId: null, Kind: not (AnswerKind.Reveal or AnswerKind.Told) } said, EntityState.Added) => db => Said(db, said),
        (Round { State: RoundState.Completed } round, EntityState.Modified) when row.Property(nameof(Round.State)) is { IsModified: true, OriginalValue: not RoundState.Completed } => _ => Completed(round),
        (Promotion promotion, EntityState.Added) => db => Promoted(db, promotion),
        (Alarm alarm, EntityState.Added) => _ => new WebhookPayload(alarm.ProjectId, WebhookEvents.AlarmRaised, "alarm.raised", new { Project = alarm.ProjectId, Kind = alarm.Kind.ToString(), alarm.Text }),
        _ => null,
    };

    /// <summary>The document.</summary>
    public string ToJson(DateTime utc) => ToJson(Type, utc, Data);

    /// <summary>A document of any type.</summary>
    public static string ToJson(string type, DateTime utc, object data) => JsonSerializer.Serialize(new { type, timestamp = utc, data }, Json);

    private static WebhookPayload Said(AppDbContext db, LabelEvent said) => new(said.ProjectId, WebhookEvents.LabelCreated, "label.created", new
    {
        Project = said.ProjectId,
        Image = said.ImageId,
        Reader = ReaderPseudonym.Of(said.ProjectId, said.ReaderId),
        Kind = said.Kind.ToString(),
        Class = db.ProjectClasses.Where(c => c.ProjectId == said.ProjectId && c.Index == said.ClassIndex).Select(c => c.Name).FirstOrDefault(),
        IsDecision = said.Reason == QueueReason.Adjudication,
        Aid = said.Aid.ToString(),
    });

    private static WebhookPayload Completed(Round round) => new(round.ProjectId, WebhookEvents.RoundCompleted, "round.completed", new
    {
        Project = round.ProjectId,
        Round = round.Number,
        round.Accuracy,
        round.Auc,
        round.SilentFailureThreshold,
        round.SilentFailureRate,
        Verdict = round.Gate?.Verdict.ToString(),
    });

    private static WebhookPayload Promoted(AppDbContext db, Promotion promotion)
    {
        int? NumberOf(int? id) => id is null ? null : db.Rounds.Where(r => r.Id == id).Select(r => (int?)r.Number).FirstOrDefault();
        return new WebhookPayload(promotion.ProjectId, WebhookEvents.ModelPromoted, "model.promoted", new
        {
            Project = promotion.ProjectId,
            Round = NumberOf(promotion.RoundId),
            Previous = NumberOf(promotion.PreviousRoundId),
            By = promotion.Kind.ToString(),
        });
    }
}
