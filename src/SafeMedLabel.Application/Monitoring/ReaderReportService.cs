using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Compares a project's readers.</summary>
public sealed class ReaderReportService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>Of the answers that stand now.</summary>
    public async Task<ReaderReport> ReadAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await LabellingQueries.Project(db, projectId) is not { } project)
        {
            return new ReaderReport([], null, [], []);
        }

        var classes = project.Classes.Count;
        var gold = await GoldSet.ReadAsync(db, projectId, cancellationToken);
        var names = await db.Users.ToDictionaryAsync(u => u.Id, u => u.DisplayName, cancellationToken);
        var answers = await (from answer in db.Answers
                             join stored in db.LabelEvents on answer.EventId equals stored.Id
                             where answer.ProjectId == projectId && answer.Kind != AnswerKind.Skip
                             select new Reading(answer.ImageId, answer.ReaderId, answer.ClassIndex, answer.UnaidedClassIndex, stored.Aid == Aid.Unaided ? stored.ElapsedMilliseconds : null)).ToListAsync(cancellationToken);
        var decisions = await db.Adjudications.Where(a => a.ProjectId == projectId).ToDictionaryAsync(a => a.ImageId, a => a.ClassIndex, cancellationToken);
        var shared = answers.Where(a => a.UnaidedClass is not null).GroupBy(a => a.ImageId).Where(image => image.Count() > 1).ToDictionary(image => image.Key, image => image.ToList());
        var ofGold = answers.Where(a => gold.ContainsKey(a.ImageId)).ToList();
        var scores = GoldScore.Of(ofGold.Select(a => (a.ReaderId, a.Class, gold[a.ImageId])));
        var consensus = new Consensus(project.Consensus, classes, scores);
        // Of an image of known class no answer of readers is the label.
        var labels = shared.Where(image => !gold.ContainsKey(image.Key)).ToDictionary(
            image => image.Key, image => consensus.Of(image.Key, [.. image.Value.Select(r => new Vote(r.ReaderId, r.UnaidedClass!.Value))], decisions));

        return new ReaderReport(
            [.. answers.GroupBy(a => a.ReaderId).Select(reader => Summarise(Name(reader.Key), [.. reader], labels, scores.GetValueOrDefault(reader.Key))).OrderByDescending(r => r.Labels).ThenBy(r => r.Name, StringComparer.Ordinal)],
            shared.Count < 2 ? null : Kappa.Fleiss([.. shared.Values.Select(image => Enumerable.Range(0, classes).Select(k => image.Count(r => r.UnaidedClass == k)).ToArray())]),
            [.. Pairs(shared.Values, classes, Name).Select(p => new ReaderPair(Name(p.One), Name(p.Other), p.Table, Kappa.Cohen(p.Table))).OrderByDescending(p => p.Agreement.Images)],
            [.. ofGold.Where(a => a.Class is not null).GroupBy(a => a.ImageId)
                .Select(image => new MissedGold(image.Key, gold[image.Key], image.Count(), image.Count(a => a.Class != gold[image.Key])))
                .Where(missed => missed.Wrong > 0).OrderByDescending(missed => missed.Wrong).ThenBy(missed => missed.ImageId)]);

        string Name(string readerId) => names.GetValueOrDefault(readerId, "(unknown)");
    }

    /// <summary>What all readers of a project made of the model's opinion; null where nobody has seen it.</summary>
    public async Task<SwitchReport?> ReadSwitchesAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var seen = await (from shown in db.LabelEvents
                          join answer in db.Answers on new { shown.ImageId, shown.ReaderId } equals new { answer.ImageId, answer.ReaderId }
                          join image in db.Images on shown.ImageId equals image.Id
                          where shown.ProjectId == projectId && shown.Kind == AnswerKind.Reveal && answer.UnaidedClassIndex != null
                          let decided = db.Adjudications.Where(a => a.ImageId == image.Id).Select(a => a.ClassIndex).FirstOrDefault()
                          select new { Model = shown.ClassIndex, Before = answer.UnaidedClassIndex, After = answer.ClassIndex, Truth = image.ReferenceClass ?? decided })
            .ToListAsync(cancellationToken);
        var switched = seen.Where(s => s.After != s.Before).ToList();
        return seen.Count == 0 ? null : new SwitchReport(
            seen.Count,
            seen.Count(s => s.Model != s.Before),
            switched.Count,
            switched.Count(s => s.After == s.Model),
            switched.Count(s => s.Truth is not null),
            switched.Count(s => s.Truth is not null && s.After == s.Truth),
            switched.Count(s => s.Truth is not null && s.Before == s.Truth));
    }

    private static ReaderSummary Summarise(string name, List<Reading> readings, Dictionary<Guid, int?> labels, GoldScore gold)
    {
        var given = readings.Where(r => r.Class is not null).ToList();
        var compared = given.Where(r => r.UnaidedClass is not null && labels.GetValueOrDefault(r.ImageId) is not null).ToList();
        var times = given.Where(r => r.Milliseconds is not null).Select(r => r.Milliseconds!.Value / 1000.0).Order().ToList();
        return new ReaderSummary(
            name, given.Count, readings.Count - given.Count, times.Count == 0 ? 0 : times[times.Count / 2], compared.Count, compared.Count(r => labels[r.ImageId] == r.UnaidedClass), gold);
    }

    private static IEnumerable<(string One, string Other, int[][] Table)> Pairs(IEnumerable<List<Reading>> images, int classes, Func<string, string> name)
    {
        var tables = new Dictionary<(string, string), int[][]>();
        foreach (var image in images)
        {
            var ordered = image.OrderBy(r => name(r.ReaderId), StringComparer.Ordinal).ThenBy(r => r.ReaderId, StringComparer.Ordinal).ToList();
            foreach (var (place, one) in ordered.Index())
            {
                foreach (var other in ordered.Skip(place + 1))
                {
                    if (!tables.TryGetValue((one.ReaderId, other.ReaderId), out var table))
                    {
                        table = [.. Enumerable.Range(0, classes).Select(_ => new int[classes])];
                        tables.Add((one.ReaderId, other.ReaderId), table);
                    }

                    table[one.UnaidedClass!.Value][other.UnaidedClass!.Value]++;
                }
            }
        }

        return tables.Select(t => (t.Key.Item1, t.Key.Item2, t.Value));
    }

    private sealed record Reading(Guid ImageId, string ReaderId, int? Class, int? UnaidedClass, int? Milliseconds);
}
