namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>The content of a demo set's marker file: what draws the same set again.</summary>
/// <param name="Seed">Seed of the set.</param>
/// <param name="Count">Number of its cells.</param>
public sealed record DemoMarker(ulong Seed, int Count);
