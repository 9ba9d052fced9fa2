using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Rounds;

/// <summary>A project's active model and how it came to be.</summary>
/// <param name="Active">Its round.</param>
/// <param name="Promotion">Its latest promotion.</param>
/// <param name="By">Who signed or went back; null where the gate did.</param>
/// <param name="Override">
/// The override that the model's standing rests on, where it does: it was let through by a person, or gone back to after having been.
/// </param>
/// <param name="OverrideBy">Who signed that.</param>
/// <param name="PreviousNumber">The round that one click goes back to; null where that leaves no active model.</param>
/// <param name="DataChanged">True where images came in after the model was measured: its certificate is no longer valid.</param>
public sealed record ModelStanding(Round Active, Promotion Promotion, string? By, Promotion? Override, string? OverrideBy, int? PreviousNumber, bool DataChanged)
{
    /// <summary>The certificate by which the model may answer by itself; null where every image is to be referred to an expert.</summary>
    public Certificate? Promise => Active.Promise(DataChanged);
}
