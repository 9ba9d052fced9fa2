namespace SafeMedLabel.Web.Tests;

/// <summary>The machine's clock, which a test moves on.</summary>
public sealed class ShiftedTime : TimeProvider
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    private TimeSpan _shift;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _shift;

    /// <summary>Moves it on.</summary>
    public void Advance(TimeSpan by) => _shift += by;

    /// <summary>Moves it on to the beginning of a half minute: no code of an authenticator app becomes another one while a test uses it.</summary>
    public void AdvanceToStep() => _shift += Step - TimeSpan.FromTicks(GetUtcNow().Ticks % Step.Ticks);
}
