using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>How a reader did on images of known class.</summary>
/// <param name="Right">Those that they gave this class.</param>
/// <param name="Wrong">Those that they gave another.</param>
/// <param name="Unreadable">Those that they could not read.</param>
public readonly record struct GoldScore(int Right, int Wrong, int Unreadable)
{
    /// <summary>Images that a reader is thought to have read before they read any, this part of them right.</summary>
    private const int PriorImages = 5;
    private const double PriorAccuracy = 0.8;

    /// <summary>Images that they gave a class.</summary>
    public int Labelled => Right + Wrong;

    /// <summary>
    /// Their accuracy, above 0 and below 1, as it may be reckoned with: drawn to 0.8 as by five images more, so that nobody is beyond doubt
    /// for a few right answers, or worthless before the first.
    /// </summary>
    public double Reliability => (Right + (PriorImages * PriorAccuracy)) / (Labelled + PriorImages);

    /// <summary>The score with another answer to an image of the class <paramref name="known"/>; null is 'unreadable'.</summary>
    public GoldScore With(int? answer, int known) => answer switch
    {
        null => this with { Unreadable = Unreadable + 1 },
        _ when answer == known => this with { Right = Right + 1 },
        _ => this with { Wrong = Wrong + 1 },
    };

    /// <summary>All readers' scores of the answers that stand.</summary>
    internal static async Task<Dictionary<string, GoldScore>> ReadAsync(AppDbContext db, int projectId, CancellationToken cancellationToken)
    {
        var answers = await (from image in db.Images
                             join answer in db.Answers on image.Id equals answer.ImageId
                             where image.ProjectId == projectId && image.Split == DataSplit.Gold && answer.Kind != AnswerKind.Skip
                             select new { answer.ReaderId, answer.ClassIndex, Known = image.ReferenceClass!.Value }).ToListAsync(cancellationToken);
        return Of(answers.Select(a => (a.ReaderId, a.ClassIndex, a.Known)));
    }

    /// <summary>Readers' scores of their answers.</summary>
    internal static Dictionary<string, GoldScore> Of(IEnumerable<(string ReaderId, int? Answer, int Known)> answers) =>
        answers.GroupBy(a => a.ReaderId).ToDictionary(reader => reader.Key, reader => reader.Aggregate(default(GoldScore), (score, a) => score.With(a.Answer, a.Known)));
}
