namespace SafeMedLabel.Application.Imaging;

/// <summary>A file is no image that can be used; the message is one sentence for the person who brought it.</summary>
public sealed class ImageRejectedException(string message, Exception? cause = null) : Exception(message, cause);
