namespace SafeMedLabel.Application.Predictions;

/// <summary>A line of JSON from the process that asks models: a reading, or one sentence.</summary>
/// <param name="Id">Of the request.</param>
/// <param name="Reading">What the model says.</param>
/// <param name="Error">Why it says nothing.</param>
/// <param name="IsModelAtFault">True where the model cannot be used, rather than the image.</param>
public sealed record PredictorReply(long Id, ModelReading? Reading, string? Error, bool IsModelAtFault = false);
