namespace SafeMedLabel.Application.Datasets;

/// <summary>Reads a text, but no more of it at a time than its reader expects: a line without end would be held as a whole.</summary>
/// <param name="text">The text; closed with this.</param>
/// <param name="refusal">What is said where more is asked for.</param>
internal sealed class RationedReader(TextReader text, string refusal) : TextReader
{
    /// <summary>How many characters may be read until this is set again.</summary>
    public int Ration { get; set; }

    public override int Peek() => text.Peek();

    /// <exception cref="DatasetException">The ration is used up.</exception>
    public override int Read()
    {
        Take(1);
        return text.Read();
    }

    /// <exception cref="DatasetException">The ration is used up.</exception>
    public override int Read(char[] buffer, int index, int count) => Take(text.Read(buffer, index, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            text.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Take(int count)
    {
        Ration -= count;
        return Ration >= 0 ? count : throw new DatasetException(refusal);
    }
}
