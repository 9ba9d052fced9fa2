using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>What a project's readers did, how far they agree, and how they did on images of known class.</summary>
/// <param name="Readers">Everybody with a standing answer, the busiest first.</param>
/// <param name="Agreement">Of all readers (Fleiss); null where fewer than two images have two labels.</param>
/// <param name="Pairs">Two readers each who labelled at least one image both, those with most such images first.</param>
/// <param name="Missed">Images of known class that a reader gave another, those first that most did.</param>
public sealed record ReaderReport(IReadOnlyList<ReaderSummary> Readers, Kappa? Agreement, IReadOnlyList<ReaderPair> Pairs, IReadOnlyList<MissedGold> Missed);

/// <summary>One reader.</summary>
/// <param name="Name">As in their account.</param>
/// <param name="Labels">Images they gave a class.</param>
/// <param name="Unreadable">Images they could not read.</param>
/// <param name="MedianSeconds">Half of their labels took less.</param>
/// <param name="Compared">Their labels of images that others labelled too and that have a label now, by majority or decision.</param>
/// <param name="Agreeing">Those that are that label.</param>
/// <param name="Gold">How they did on images of known class.</param>
public sealed record ReaderSummary(string Name, int Labels, int Unreadable, double MedianSeconds, int Compared, int Agreeing, GoldScore Gold)
{
    /// <summary>Exact 95 % interval of the part of images of known class that they get right; null where they gave none a class.</summary>
    public RateInterval? GoldInterval => Gold.Labelled == 0 ? null : BinomialInterval.ClopperPearson(Gold.Right, Gold.Labelled);
}

/// <summary>An image of known class that readers gave another: they are mistaken, or what is known is.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="KnownClass">The class it is known to have.</param>
/// <param name="Labels">Readers who gave it a class.</param>
/// <param name="Wrong">Those who gave it another.</param>
public sealed record MissedGold(Guid ImageId, int KnownClass, int Labels, int Wrong);

/// <summary>Two readers of the same images.</summary>
/// <param name="One">The one's name.</param>
/// <param name="Other">The other's.</param>
/// <param name="Table">Images by the class of the one (row) and of the other (column), K × K.</param>
/// <param name="Agreement">Cohen's kappa.</param>
public sealed record ReaderPair(string One, string Other, IReadOnlyList<IReadOnlyList<int>> Table, Kappa Agreement);
