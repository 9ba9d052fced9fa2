namespace SafeMedLabel.Application.Predictions;

/// <summary>A line of JSON to the process that asks models.</summary>
/// <param name="Id">Comes back with the reply.</param>
/// <param name="Model">The model.</param>
/// <param name="Image">The image file.</param>
public sealed record PredictorRequest(long Id, SealedModel Model, byte[] Image);
