using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace SafeMedLabel.Core.Statistics;

/// <summary>
/// xoshiro256** (Blackman &amp; Vigna 2018) seeded from a number and a purpose: the same on every platform and runtime, and
/// independent for each purpose, so that drawing more for one thing never changes another.
/// </summary>
public sealed class SeededRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>A generator of its own for <paramref name="purpose"/>.</summary>
    public SeededRandom(ulong seed, string purpose)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}:{purpose}"), digest);
        _a = BitConverter.ToUInt64(digest);
        _b = BitConverter.ToUInt64(digest[8..]);
        _c = BitConverter.ToUInt64(digest[16..]);
        _d = BitConverter.ToUInt64(digest[24..]) | 1;
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in 0 … <paramref name="exclusiveMaximum"/> − 1, without modulo bias.</summary>
    public int NextInt(int exclusiveMaximum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveMaximum, 1);
        var bound = (ulong)exclusiveMaximum;
        var threshold = (0 - bound) % bound;
        ulong draw;
        do
        {
            draw = NextUInt64();
        }
        while (draw < threshold);

        return (int)(draw % bound);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal (Box–Muller).</summary>
    public double NextGaussian() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Shuffles in place (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
