namespace SafeMedLabel.Application.Datasets;

/// <summary>A folder or archive cannot be read as a data set; the message is one sentence for the person who named it.</summary>
public sealed class DatasetException(string message, Exception? cause = null) : Exception(message, cause);
