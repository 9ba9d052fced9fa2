namespace SafeMedLabel.Application.Predictions;

/// <summary>A line of JSON to the process that asks models.</summary>
/// <param name="Id">Comes back with the reply.</param>
/// <param name="ModelPath">The model's file.</param>
/// <param name="Image">The image file.</param>
public sealed record PredictorRequest(long Id, string ModelPath, byte[] Image);
