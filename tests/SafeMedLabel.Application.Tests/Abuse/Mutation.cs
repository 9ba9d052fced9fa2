namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>What happens to files on their way, and what strangers do to them: bytes are cut, flipped, zeroed, doubled, or come from another file.</summary>
internal static class Mutation
{
    /// <summary>Bytes after one to four mishaps.</summary>
    public static byte[] Of(Random random, byte[] bytes, byte[] other)
    {
        for (var i = random.Next(1, 5); i > 0 && bytes.Length > 0; i--)
        {
            bytes = Once(random, bytes, other);
        }

        return bytes;
    }

    private static byte[] Once(Random random, byte[] bytes, byte[] other)
    {
        var (from, to) = Range(random, bytes.Length);
        return random.Next(7) switch
        {
            0 => bytes[..from],
            1 => [.. bytes[..from], .. bytes[to..]],
            2 => [.. bytes[..from], .. new byte[to - from], .. bytes[to..]],
            3 => [.. bytes[..to], .. bytes[from..]],
            4 => [.. bytes[..from], .. other[Math.Min(from, other.Length)..]],
            5 => Numbered(random, bytes, from),
            _ => Flipped(random, bytes, from),
        };
    }

    /// <summary>A place and what lies behind it, mostly a little.</summary>
    private static (int From, int To) Range(Random random, int length)
    {
        var from = random.Next(length);
        return (from, Math.Min(length, from + random.Next(random.Next(4) == 0 ? length : 16) + 1));
    }

    private static byte[] Flipped(Random random, byte[] bytes, int at)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    /// <summary>A number that programs stumble over, where perhaps a size or a place stands.</summary>
    private static byte[] Numbered(Random random, byte[] bytes, int at)
    {
        byte[] numbered = [.. bytes];
        var number = BitConverter.GetBytes(random.GetItems([0u, 1u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, 0xFFFFu], 1)[0]);
        number.AsSpan(0, Math.Min(number.Length, bytes.Length - at)).CopyTo(numbered.AsSpan(at));
        return numbered;
    }
}
