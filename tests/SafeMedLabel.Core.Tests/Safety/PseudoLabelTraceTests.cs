using FsCheck.Xunit;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Core.Tests.Safety;

public sealed class PseudoLabelTraceTests
{
    [Fact]
    public void It_counts_the_last_pseudo_label_of_each_image_of_known_class_by_verdict_and_the_wrong_ones()
    {
        var trace = new PseudoLabelTrace(6);
        trace.Note(0, FilterVerdict.Uncertain, 1);
        trace.Note(0, FilterVerdict.Accepted, 1);
        trace.Note(1, FilterVerdict.Accepted, 0);
        trace.Note(2, FilterVerdict.Uncertain, 0);
        trace.Note(3, FilterVerdict.Unsure, 1);
        trace.Note(5, FilterVerdict.Accepted, 0);

        // Image 4 had no pseudo-label, and the class of image 5 is not known.
        Assert.Equal(new FilterLedger(2, 1, 1, 0, AcceptedWrong: 1, RejectedWrong: 1), trace.Against([(0, 1), (1, 1), (2, 1), (3, 1), (4, 0)]));
    }

    [Property]
    public void It_is_read_back_as_it_was_written(bool[] accepted, byte classIndex)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        var trace = new PseudoLabelTrace(accepted.Length);
        foreach (var (image, passed) in accepted.Index())
        {
            trace.Note(image, passed ? FilterVerdict.Accepted : FilterVerdict.Unsure, classIndex);
        }

        var again = PseudoLabelTrace.FromBytes(trace.ToBytes());

        Assert.Equal(accepted.Length, again.Count);
        Assert.All(accepted.Index(), i => Assert.Equal((i.Item ? FilterVerdict.Accepted : FilterVerdict.Unsure, classIndex), (again.Verdict(i.Index), again.ClassIndex(i.Index))));
    }

    [Theory]
    [InlineData(3, 0, 3)]
    [InlineData(4, 0, 1, 0)]
    public void Other_bytes_are_refused(params int[] bytes) => Assert.Throws<ArgumentException>(() => PseudoLabelTrace.FromBytes([.. bytes.Select(b => (byte)b)]));
}
