using Microsoft.Extensions.Time.Testing;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Tests;

public sealed class ReadingSessionTests
{
    private static readonly TimeSpan Break = TimeSpan.FromMinutes(45);
    private readonly FakeTimeProvider _time = new();
    private readonly ReadingSession _session = new();

    [Fact]
    public void A_break_is_due_after_so_much_reading_and_again_ten_minutes_after_it_was_put_off()
    {
        Read(minutes: 44);
        Assert.False(_session.IsBreakDue(Break, _time));
        Read(minutes: 2);
        Assert.True(_session.IsBreakDue(Break, _time));

        _session.PutBreakOff(Break, _time);
        Read(minutes: 9);
        Assert.False(_session.IsBreakDue(Break, _time));
        Read(minutes: 2);
        Assert.True(_session.IsBreakDue(Break, _time));
    }

    [Fact]
    public void Five_minutes_without_an_answer_are_a_break()
    {
        Read(minutes: 44);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(TimeSpan.Zero, _session.Span(_time));

        Read(minutes: 3);
        Assert.False(_session.IsBreakDue(Break, _time));
    }

    [Fact]
    public void The_summary_counts_what_stands_and_the_time_spent_looking()
    {
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        foreach (var answer in new[]
        {
            new ReaderAnswer(first, AnswerKind.Label, 0, 1000),
            new ReaderAnswer(second, AnswerKind.Label, 1, 3000),
            new ReaderAnswer(Guid.NewGuid(), AnswerKind.Label, 1, 2000),
            new ReaderAnswer(Guid.NewGuid(), AnswerKind.Skip, null, 500),
            new ReaderAnswer(Guid.NewGuid(), AnswerKind.Unreadable, null, 700),
        })
        {
            _session.Add(answer, _time);
        }

        Assert.Equal((3, 1, 1, 2.0), (_session.Labels, _session.Skipped, _session.Unreadable, _session.MedianSeconds!.Value));
        _session.Remove(second);
        Assert.Equal((2, TimeSpan.FromSeconds(4.2)), (_session.Labels, _session.Looking));
    }

    private void Read(int minutes)
    {
        for (var minute = 0; minute < minutes; minute++)
        {
            _session.Add(new ReaderAnswer(Guid.NewGuid(), AnswerKind.Label, 0, 1000), _time);
            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }
}
