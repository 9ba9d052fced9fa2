using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Controls;

/// <summary>A page where somebody looks at one image after the other and answers. The viewer and the answer on its way are its script's matter.</summary>
public abstract class ReadingPage : ScriptedPage
{
    /// <summary>Tells why an image cannot be shown.</summary>
    [Inject]
    public required ImageService Images { get; init; }

    /// <inheritdoc />
    protected override string Module => "/assets/js/labelling.js";

    /// <summary>An answer was given.</summary>
    [JSInvokable]
    public async Task<Delivery> AnswerAsync(SentAnswer answer)
    {
        var delivery = await StoreAsync(answer);
        StateHasChanged();
        return delivery;
    }

    /// <summary>The image is on the screen.</summary>
    [JSInvokable]
    public void Shown(Guid imageId) => OnShown(imageId);

    /// <summary>The image cannot be drawn.</summary>
    [JSInvokable]
    public async Task NotShown(Guid imageId)
    {
        OnNotShown(imageId, await Images.ProblemAsync(ProjectId, imageId, Left));
        StateHasChanged();
    }

    /// <summary>Stores an answer.</summary>
    protected abstract Task<Delivery> StoreAsync(SentAnswer answer);

    /// <summary>The browser shows an image.</summary>
    protected abstract void OnShown(Guid imageId);

    /// <summary>The browser cannot show an image.</summary>
    /// <param name="imageId">The image.</param>
    /// <param name="lost">What happened to its file, in a sentence; null where nothing did.</param>
    protected abstract void OnNotShown(Guid imageId, string? lost);
}
