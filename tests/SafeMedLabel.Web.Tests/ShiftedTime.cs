namespace SafeMedLabel.Web.Tests;

/// <summary>The machine's clock, which a test moves on.</summary>
public sealed class ShiftedTime : TimeProvider
{
    private TimeSpan _shift;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _shift;

    /// <summary>Moves it on.</summary>
    public void Advance(TimeSpan by) => _shift += by;
}
