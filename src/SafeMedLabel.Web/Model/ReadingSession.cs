using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Web.Model;

/// <summary>What a reader did since they opened the page, and when a break is due.</summary>
public sealed class ReadingSession
{
    /// <summary>Who gives no answer for so long has had a break.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly List<ReaderAnswer> _answers = [];
    private long? _since;
    private long _last;
    private TimeSpan _putOff;

    /// <summary>Images labelled, less those taken back.</summary>
    public int Labels => _answers.Count(a => a.Kind == AnswerKind.Label);

    /// <summary>Images skipped.</summary>
    public int Skipped => _answers.Count(a => a.Kind == AnswerKind.Skip);

    /// <summary>Images that could not be read.</summary>
    public int Unreadable => _answers.Count(a => a.Kind == AnswerKind.Unreadable);

    /// <summary>Half of the labels took less, in seconds; null while there is none.</summary>
    public double? MedianSeconds
    {
        get
        {
            var times = _answers.Where(a => a.Kind == AnswerKind.Label).Select(a => a.ElapsedMilliseconds / 1000.0).Order().ToList();
            return times.Count == 0 ? null : times[times.Count / 2];
        }
    }

    /// <summary>Time spent looking at images, pauses not counted.</summary>
    public TimeSpan Looking => TimeSpan.FromMilliseconds(_answers.Sum(a => (double)a.ElapsedMilliseconds));

    /// <summary>An answer was stored.</summary>
    public void Add(ReaderAnswer answer, TimeProvider time)
    {
        if (_since is null || time.GetElapsedTime(_last) >= Pause)
        {
            (_since, _putOff) = (time.GetTimestamp(), TimeSpan.Zero);
        }

        _last = time.GetTimestamp();
        _answers.Add(answer);
    }

    /// <summary>The last answer for an image was taken back.</summary>
    public void Remove(Guid imageId)
    {
        if (_answers.FindLastIndex(a => a.ImageId == imageId) is >= 0 and var place)
        {
            _answers.RemoveAt(place);
        }
    }

    /// <summary>How long the reader has been at it since their last break.</summary>
    public TimeSpan Span(TimeProvider time) => _since is { } since && time.GetElapsedTime(_last) < Pause ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>True when a break is due after so much reading without one.</summary>
    public bool IsBreakDue(TimeSpan after, TimeProvider time) => Span(time) >= after + _putOff;

    /// <summary>The reminder comes again after ten more minutes.</summary>
    public void PutBreakOff(TimeSpan after, TimeProvider time) => _putOff = Span(time) - after + TimeSpan.FromMinutes(10);
}
