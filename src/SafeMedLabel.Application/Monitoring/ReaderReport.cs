using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>What a project's readers did, and how far they agree.</summary>
/// <param name="Readers">Everybody with a standing answer, the busiest first.</param>
/// <param name="Agreement">Of all readers (Fleiss); null where fewer than two images have two labels.</param>
/// <param name="Pairs">Two readers each who labelled at least one image both, those with most such images first.</param>
public sealed record ReaderReport(IReadOnlyList<ReaderSummary> Readers, Kappa? Agreement, IReadOnlyList<ReaderPair> Pairs);

/// <summary>One reader.</summary>
/// <param name="Name">As in their account.</param>
/// <param name="Labels">Images they gave a class.</param>
/// <param name="Unreadable">Images they could not read.</param>
/// <param name="MedianSeconds">Half of their labels took less.</param>
/// <param name="Compared">Their labels of images that others labelled too and that have a label now, by majority or decision.</param>
/// <param name="Agreeing">Those that are that label.</param>
public sealed record ReaderSummary(string Name, int Labels, int Unreadable, double MedianSeconds, int Compared, int Agreeing);

/// <summary>Two readers of the same images.</summary>
/// <param name="One">The one's name.</param>
/// <param name="Other">The other's.</param>
/// <param name="Table">Images by the class of the one (row) and of the other (column), K × K.</param>
/// <param name="Agreement">Cohen's kappa.</param>
public sealed record ReaderPair(string One, string Other, IReadOnlyList<IReadOnlyList<int>> Table, Kappa Agreement);
