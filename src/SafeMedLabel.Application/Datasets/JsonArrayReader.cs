using System.Text;
using System.Text.Json;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Reads an array of JSON element by element: memory holds no more than one of them.</summary>
/// <param name="text">The array.</param>
internal sealed class JsonArrayReader(TextReader text)
{
    /// <summary>Most bytes of an element, in UTF-8.</summary>
    public const int MaxElement = 4 << 20;

    private readonly Encoder _encoder = Encoding.UTF8.GetEncoder();
    private readonly char[] _characters = new char[1 << 13];

    // What is read and not yet used lies from _start to _end.
    private byte[] _bytes = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _isAll;
    private JsonReaderState _state;

    /// <summary>The next element, which whoever asked disposes of; null after the last, where nothing else may follow.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="FormatException">It is JSON, but no array.</exception>
    /// <exception cref="InvalidDataException">The next element has more than <see cref="MaxElement"/> bytes.</exception>
    public JsonDocument? Next()
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_bytes.AsSpan(_start, _end - _start), _isAll, _state);
            if (!reader.Read())
            {
                if (_isAll)
                {
                    return null;
                }

                Use(reader);
                RequirePlausible(_end - _start);
                Fill();
                continue;
            }

            if (reader.CurrentDepth == 0)
            {
                // The array itself begins or ends.
                if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.EndArray))
                {
                    throw new FormatException("The text is JSON, but no array.");
                }

                Use(reader);
                continue;
            }

            var element = reader;
            if (element.TrySkip())
            {
                RequirePlausible(element.BytesConsumed - reader.TokenStartIndex);
                var parsed = JsonDocument.ParseValue(ref reader);
                Use(reader);
                return parsed;
            }

            RequirePlausible(_end - _start - reader.TokenStartIndex);
            Fill();
        }
    }

    /// <summary>Refuses an element of which there are so many bytes at least.</summary>
    private static void RequirePlausible(long length)
    {
        if (length > MaxElement)
        {
            throw new InvalidDataException("An element is too long.");
        }
    }

    private void Use(Utf8JsonReader reader)
    {
        _start += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
    }

    /// <summary>Reads on until there is no room; where there was none, makes twice as much, so that a long element is looked at only a few times.</summary>
    private void Fill()
    {
        _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
        (_start, _end) = (0, _end - _start);
        var mostPerPiece = Encoding.UTF8.GetMaxByteCount(_characters.Length);
        if (_bytes.Length - _end < mostPerPiece)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        while (!_isAll && _bytes.Length - _end >= mostPerPiece)
        {
            var length = text.ReadBlock(_characters);
            _isAll = length < _characters.Length;
            _end += _encoder.GetBytes(_characters.AsSpan(0, length), _bytes.AsSpan(_end), flush: _isAll);
        }
    }
}
