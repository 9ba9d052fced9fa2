using System.Text.Json.Serialization;
using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Web.Model;

/// <summary>An answer as the browser sends it, over the circuit or, when that is gone, over HTTP.</summary>
/// <param name="ImageId">The image that was in front.</param>
/// <param name="Kind">Label, skip or unreadable.</param>
/// <param name="ClassIndex">The class of a label, 0-based.</param>
/// <param name="ElapsedMilliseconds">How long the image was looked at, pauses not counted.</param>
/// <param name="ClientKey">Made once per answer; sent again unchanged on a retry.</param>
public sealed record SentAnswer(
    Guid ImageId,
    [property: JsonConverter(typeof(JsonStringEnumConverter<AnswerKind>))] AnswerKind Kind,
    int? ClassIndex,
    int ElapsedMilliseconds,
    Guid ClientKey)
{
    /// <summary>Whether it can be what was decided of an image: a class, or that it is unreadable.</summary>
    [JsonIgnore]
    public bool IsDecision => (Kind, ClassIndex) is (AnswerKind.Label, not null) or (AnswerKind.Unreadable, null);

    /// <summary>The answer as its reader's.</summary>
    public AnswerRequest By(string readerId, int projectId) => new(projectId, ImageId, readerId, Kind, ClassIndex, ElapsedMilliseconds, ClientKey);
}

/// <summary>What became of an answer that the browser sent.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Delivery>))]
public enum Delivery
{
    /// <summary>The database has it.</summary>
    Stored,

    /// <summary>It was not stored, and the page says why.</summary>
    Refused,

    /// <summary>It came when nothing could be answered, as a key does that is pressed before the image is drawn.</summary>
    NotTaken,
}
