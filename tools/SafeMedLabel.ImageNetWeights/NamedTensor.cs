namespace SafeMedLabel.ImageNetWeights;

/// <summary>Numbers and their shape, row-major.</summary>
internal sealed record NamedTensor(string Name, IReadOnlyList<long> Shape, float[] Values)
{
    /// <exception cref="InvalidDataException">It has another shape.</exception>
    public NamedTensor Require(params long[] shape) => Shape.SequenceEqual(shape)
        ? this
        : throw new InvalidDataException($"the tensor '{Name}' has the shape [{string.Join(", ", Shape)}], not [{string.Join(", ", shape)}].");
}
