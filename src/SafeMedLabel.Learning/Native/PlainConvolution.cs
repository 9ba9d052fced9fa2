using System.Numerics.Tensors;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Learning.Native;

/// <summary>What a convolution is of.</summary>
/// <param name="Images">N.</param>
/// <param name="Side">S.</param>
/// <param name="In">C.</param>
/// <param name="Out">K.</param>
/// <param name="Kernel">R.</param>
/// <param name="Stride">In both directions.</param>
internal sealed record ConvolutionShape(int Images, int Side, int In, int Out, int Kernel, int Stride)
{
    /// <summary>On all four sides.</summary>
    public int Padding => Kernel / 2;

    /// <summary>S'.</summary>
    public int OutSide => ((Side - 1) / Stride) + 1;
}

/// <summary>
/// A convolution of whole numbers by its definition. To compute all of it would take minutes. A result is judged instead by a sum of its channels with
/// random factors, which takes no longer than to compute one channel (Freivalds 1977, 'Probabilistic machines can use less running time'). At one place
/// about one wrong result in a hundred has the right sum; a convolution that is wrong is so at many places.
/// </summary>
internal sealed class PlainConvolution
{
    /// <summary>
    /// Numbers that were drawn: under n those of which one in n is not 0. Every convolution takes its own from their beginning, since drawing takes longer
    /// than computing.
    /// </summary>
    private static readonly Dictionary<int, float[]> Drawn = [];

    private readonly float[] _padded;
    private readonly int _width;

    /// <summary>Draws the numbers: the same each time.</summary>
    public PlainConvolution(ConvolutionShape shape)
    {
        Shape = shape;
        Values = Sparse(shape.Images * shape.Side * shape.Side * shape.In, of: 8);
        Weights = Sparse(shape.Out * shape.Kernel * shape.Kernel * shape.In, of: 2);
        Gradient = Sparse(shape.Images * shape.OutSide * shape.OutSide * shape.Out, of: 64);
        _width = shape.Side + (2 * shape.Padding);
        _padded = Pad();
        (InFactors, OutFactors) = (Factors(shape.In), Factors(shape.Out));
    }

    /// <summary>Of what.</summary>
    public ConvolutionShape Shape { get; }

    /// <summary>[N, S, S, C].</summary>
    public float[] Values { get; }

    /// <summary>[K, R, R, C].</summary>
    public float[] Weights { get; }

    /// <summary>[N, S', S', K]: what comes back from the result.</summary>
    public float[] Gradient { get; }

    private float[] InFactors { get; }

    private float[] OutFactors { get; }

    private int Taps => Shape.Kernel * Shape.Kernel;

    private int Row => Shape.Kernel * Shape.In;

    /// <summary>Whether this is the result, [N, S', S', K], plus an offset.</summary>
    public bool IsResult(float[] result, float offset)
    {
        if (result.Length != Gradient.Length)
        {
            return false;
        }

        var weights = SumOverOut(Weights, Taps * Shape.In);
        var added = offset * TensorPrimitives.Sum(OutFactors);
        foreach (var (place, corner) in Places())
        {
            var expected = added;
            for (var y = 0; y < Shape.Kernel; y++)
            {
                expected += TensorPrimitives.Dot(_padded.AsSpan(corner + (y * _width * Shape.In), Row), weights.AsSpan(y * Row, Row));
            }

            if (TensorPrimitives.Dot(result.AsSpan(place * Shape.Out, Shape.Out), OutFactors) != expected)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether this is the gradient of the weights, [K, R, R, C].</summary>
    public bool IsWeightGradient(float[] gradient)
    {
        var expected = new float[Taps * Shape.In];
        foreach (var (place, corner) in Places())
        {
            var factor = TensorPrimitives.Dot(Gradient.AsSpan(place * Shape.Out, Shape.Out), OutFactors);
            for (var y = 0; y < Shape.Kernel && factor != 0; y++)
            {
                var sum = expected.AsSpan(y * Row, Row);
                TensorPrimitives.MultiplyAdd(_padded.AsSpan(corner + (y * _width * Shape.In), Row), factor, sum, sum);
            }
        }

        return gradient.Length == Weights.Length && SumOverOut(gradient, expected.Length).AsSpan().SequenceEqual(expected);
    }

    /// <summary>Whether this is the gradient of the values, [N, S, S, C].</summary>
    public bool IsValueGradient(float[] gradient)
    {
        if (gradient.Length != Values.Length)
        {
            return false;
        }

        // [R, R, K]: for each tap, what a result's channel gives back to the sum of a pixel's.
        var back = new float[Taps * Shape.Out];
        for (var (k, at) = (0, 0); k < Shape.Out; k++)
        {
            for (var tap = 0; tap < Taps; tap++, at += Shape.In)
            {
                back[(tap * Shape.Out) + k] = TensorPrimitives.Dot(Weights.AsSpan(at, Shape.In), InFactors);
            }
        }

        var expected = new float[_padded.Length / Shape.In];
        foreach (var (place, corner) in Places())
        {
            var from = Gradient.AsSpan(place * Shape.Out, Shape.Out);
            for (var tap = 0; tap < Taps; tap++)
            {
                var pixel = (corner / Shape.In) + (tap / Shape.Kernel * _width) + (tap % Shape.Kernel);
                expected[pixel] += TensorPrimitives.Dot(from, back.AsSpan(tap * Shape.Out, Shape.Out));
            }
        }

        for (var pixel = 0; pixel < Shape.Images * Shape.Side * Shape.Side; pixel++)
        {
            if (TensorPrimitives.Dot(gradient.AsSpan(pixel * Shape.In, Shape.In), InFactors) != expected[Padded(pixel)])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>One in <paramref name="of"/> numbers is −1 or 1, the others are 0.</summary>
    private static float[] Sparse(int count, int of)
    {
        lock (Drawn)
        {
            if (!Drawn.TryGetValue(of, out var drawn) || drawn.Length < count)
            {
                var random = new SeededRandom((ulong)of, "convolution");
                Drawn[of] = drawn = new float[count];
                for (var i = 0; i < count; i++)
                {
                    var number = random.NextUInt64();
                    drawn[i] = number % (ulong)of == 0 ? ((number >> 32) % 2 * 2f) - 1 : 0;
                }
            }

            return drawn[..count];
        }
    }

    /// <summary>−50 to 50: with them every sum stays a whole number that float32 holds.</summary>
    private static float[] Factors(int count)
    {
        var random = new SeededRandom((ulong)count, "factors");
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextUInt64() % 101) - 50f)];
    }

    /// <summary>The sum over K of [K, …] times the factors.</summary>
    private float[] SumOverOut(float[] numbers, int length)
    {
        var sum = new float[length];
        for (var k = 0; k < Shape.Out; k++)
        {
            TensorPrimitives.MultiplyAdd(numbers.AsSpan(k * length, length), OutFactors[k], sum, sum);
        }

        return sum;
    }

    /// <summary>Each place of the result, and where in the padded values its first tap lies.</summary>
    private IEnumerable<(int Place, int Corner)> Places()
    {
        for (var place = 0; place < Shape.Images * Shape.OutSide * Shape.OutSide; place++)
        {
            var (row, column) = Math.DivRem(place, Shape.OutSide);
            var (image, y) = Math.DivRem(row, Shape.OutSide);
            yield return (place, ((((image * _width) + (y * Shape.Stride)) * _width) + (column * Shape.Stride)) * Shape.In);
        }
    }

    private float[] Pad()
    {
        var padded = new float[Shape.Images * _width * _width * Shape.In];
        for (var pixel = 0; pixel < Shape.Images * Shape.Side * Shape.Side; pixel += Shape.Side)
        {
            Values.AsSpan(pixel * Shape.In, Shape.Side * Shape.In).CopyTo(padded.AsSpan(Padded(pixel) * Shape.In));
        }

        return padded;
    }

    /// <summary>A pixel's number among those of the padded images.</summary>
    private int Padded(int pixel)
    {
        var (row, x) = Math.DivRem(pixel, Shape.Side);
        var (image, y) = Math.DivRem(row, Shape.Side);
        return (((image * _width) + y + Shape.Padding) * _width) + x + Shape.Padding;
    }
}
