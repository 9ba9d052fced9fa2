using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Web.Model;

/// <summary>What the page tells of the answer before.</summary>
/// <param name="State">What became of it.</param>
/// <param name="Answer">The answer.</param>
public sealed record LastAnswer(LastAnswerState State, ReaderAnswer Answer);

/// <summary>An answer that its reader looks at once more.</summary>
/// <param name="Answer">What they said.</param>
/// <param name="Opinion">What the model says.</param>
public sealed record SecondLook(ReaderAnswer Answer, ModelOpinion Opinion);

/// <summary>What became of an answer.</summary>
public enum LastAnswerState
{
    /// <summary>It was stored just now.</summary>
    Stored,

    /// <summary>It was taken back just now.</summary>
    TakenBack,

    /// <summary>It stood when the page was opened.</summary>
    Before,
}
