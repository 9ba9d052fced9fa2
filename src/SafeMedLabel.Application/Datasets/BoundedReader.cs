using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Reads a file whole, but never more of it than allowed, whatever length it claims.</summary>
internal static class BoundedReader
{
    /// <summary>Reads and closes <paramref name="stream"/>.</summary>
    /// <exception cref="ImageRejectedException">Longer than <see cref="SourceLimits.MaxWholeLength"/>.</exception>
    public static byte[] ReadToEnd(Stream stream, SourceLimits limits)
    {
        using (stream)
        {
            var expectedLength = 0;
            if (stream.CanSeek)
            {
                if (stream.Length > limits.MaxWholeLength)
                {
                    throw new ImageRejectedException(limits.TooLongToHold);
                }

                expectedLength = (int)stream.Length;
            }

            // One byte more than expected tells a file that ends there from one that goes on.
            var buffer = new byte[expectedLength + 1];
            var length = 0;
            while (true)
            {
                var read = stream.Read(buffer, length, buffer.Length - length);
                if (read == 0)
                {
                    Array.Resize(ref buffer, length);
                    return buffer;
                }

                length += read;
                if (length > limits.MaxWholeLength)
                {
                    throw new ImageRejectedException(limits.TooLongToHold);
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, (int)Math.Min(2L * length + 4096, limits.MaxWholeLength + 1L));
                }
            }
        }
    }
}
