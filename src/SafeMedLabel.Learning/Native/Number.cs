using TorchSharp;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// A number beside a tensor: whole or real. With a whole number a tensor of whole numbers stays one; with a real number it becomes a tensor of real
/// numbers.
/// </summary>
internal readonly struct Number
{
    private readonly long _whole;
    private readonly double _real;
    private readonly bool _isWhole;

    private Number(long whole, double real, bool isWhole) => (_whole, _real, _isWhole) = (whole, real, isWhole);

    public static implicit operator Number(long value) => new(value, 0, isWhole: true);

    public static implicit operator Number(double value) => new(0, value, isWhole: false);

    /// <summary>As a native object. The caller must dispose of it, and not before the call that reads it has returned.</summary>
    public Scalar ToScalar() => _isWhole ? (Scalar)_whole : _real;
}
