using Microsoft.JSInterop;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Controls;

/// <summary>A page where somebody looks at one image after the other and answers. The viewer and the answer on its way are its script's matter.</summary>
public abstract class ReadingPage : ScriptedPage
{
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
    public void NotShown(Guid imageId)
    {
        OnNotShown(imageId);
        StateHasChanged();
    }

    /// <summary>Stores an answer.</summary>
    protected abstract Task<Delivery> StoreAsync(SentAnswer answer);

    /// <summary>The browser shows an image.</summary>
    protected abstract void OnShown(Guid imageId);

    /// <summary>The browser cannot show an image.</summary>
    protected abstract void OnNotShown(Guid imageId);
}
