namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>
/// What a file of tensors may cost. Each reader asks here what it will take before it takes any of it: what a header declares is a stranger's word.
/// </summary>
internal static class TensorBounds
{
    /// <summary>Most bytes of all tensors of a file. A training's checkpoint, the largest of ours, takes 180 MB.</summary>
    public const long MaximumBytes = 1L << 30;

    /// <summary>Most tensors of a file. A ResNet-18 has 122.</summary>
    public const int MaximumTensors = 10_000;

    private const int MaximumSides = 8;

    /// <summary>How many elements a tensor has; 0 where a side is 0.</summary>
    /// <exception cref="InvalidDataException">No tensor has such a shape.</exception>
    public static long Elements(string key, ReadOnlySpan<long> shape)
    {
        // Sides of 0 are left out: what stands beside them must be possible too, for strides are made of it.
        var (elements, isEmpty) = (1L, false);
        foreach (var side in shape)
        {
            if (side < 0 || shape.Length > MaximumSides || Math.Max(side, 1) > long.MaxValue / sizeof(double) / elements)
            {
                throw new InvalidDataException($"The tensor '{key}' has an impossible shape.");
            }

            elements *= Math.Max(side, 1);
            isEmpty |= side == 0;
        }

        return isEmpty ? 0 : elements;
    }

    /// <summary>Makes sure that the tensors of a file are as few and as small as those of a network, and no larger than the file.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="bytes">What all of them take in memory.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    /// <exception cref="InvalidDataException">One sentence says what is too much.</exception>
    public static void Require(int count, Int128 bytes, long fileLength)
    {
        if (count > MaximumTensors)
        {
            throw new InvalidDataException($"The file names {count:n0} tensors; at most {MaximumTensors:n0} are read.");
        }

        if (bytes > fileLength)
        {
            throw new InvalidDataException(
                $"The tensors take {bytes:n0} bytes, but the file has {fileLength:n0}: it was cut short, or its tensors share their bytes.");
        }

        if (bytes > MaximumBytes)
        {
            throw new InvalidDataException($"The tensors take {bytes:n0} bytes; at most {MaximumBytes:n0} are read.");
        }
    }
}
