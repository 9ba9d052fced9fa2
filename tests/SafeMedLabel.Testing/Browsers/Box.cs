using Microsoft.Playwright;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>Where something lies on a page, in its pixels.</summary>
public sealed record Box(float X, float Y, float Width, float Height)
{
    /// <summary>Where an element lies; fails where it is not on the page.</summary>
    public static async Task<Box> OfAsync(ILocator element) =>
        await element.BoundingBoxAsync() is { } box ? new(box.X, box.Y, box.Width, box.Height) : throw new InvalidOperationException("It is not on the page.");
}
