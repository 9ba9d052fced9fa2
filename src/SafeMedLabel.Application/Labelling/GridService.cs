using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Requests;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Application.Labelling;

/// <summary>
/// Hands out images many at once, look-alikes which the model takes for the same class, to be confirmed but for the exceptions. What is said so
/// is marked <see cref="Aid.Prompted"/>: it trains, and it says nothing of how good the model or the reader is. Images that are held against
/// the model, and those that several readers are to read independently, are in no grid.
/// </summary>
public sealed class GridService(LabellingTurn turn, RoundService rounds, TimeProvider time)
{
    /// <summary>The most images that one answer is for: a grid that was taken back joins the one that is held.</summary>
    private const int MaximumImages = 500;

    /// <summary>Of a class, the images that the model is surest of, among which look-alikes are sought.</summary>
    private const int Candidates = 1000;

    /// <summary>A grid of the class that the reader asks for or, where they ask for none, of the one they hold or the first there is.</summary>
    public Task<GridView> OpenAsync(int projectId, string readerId, int? classIndex, CancellationToken cancellationToken = default) => turn.TryAsync(
        projectId,
        readerId,
        async db =>
        {
            var project = await LabellingQueries.Project(db, projectId);
            if (project is not { GridAllowed: true })
            {
                return new GridView(GridState.SwitchedOff, 0, []);
            }

            if (project.QueueRoundId is null)
            {
                return new GridView(GridState.NoRound, 0, []);
            }

            var now = time.GetUtcNow().UtcDateTime;
            var expires = now.AddMinutes(project.LeaseMinutes);
            await Leasing.LapseAsync(db, projectId, readerId, now, cancellationToken);
            var held = await HeldAsync(db, projectId, readerId, classIndex, expires, cancellationToken);
            foreach (var wanted in held.Class is { } own ? [own] : classIndex is { } asked ? [asked] : project.Classes.Select(c => c.Index))
            {
                var images = held.Images.Select(h => h.View).ToList();
                var order = held.Images.Count == 0 ? 0 : held.Images[^1].Lease.Order;
                foreach (var image in await LookAlikesAsync(db, project, readerId, wanted, held.Images, cancellationToken))
                {
                    Leasing.Give(db, image, readerId, QueueReason.Grid, ++order, expires);
                    images.Add(new QueueImage(image.Id, image.Width, image.Height, WasSkipped: false));
                }

                if (images.Count > 0)
                {
                    return new GridView(GridState.Ready, wanted, images);
                }
            }

            return new GridView(GridState.Finished, classIndex ?? 0, []);
        },
        cancellationToken);

    /// <summary>
    /// Stores a label for each confirmed image and puts the exceptions before all others in the reader's own queue. Returns how many labels
    /// were stored; an image that went to a colleague meanwhile has none, and where all did it is refused. Sent again under the same
    /// <see cref="GridRequest.ClientKey"/> it is stored once.
    /// </summary>
    public async Task<Result<int>> SubmitAsync(GridRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Confirmed.Count + request.Exceptions.Count > MaximumImages)
        {
            return Result.Refused($"A grid has at most {MaximumImages} images.");
        }

        int? retrainAfter = null;
        var stored = await turn.TryAsync(
            request.ProjectId,
            request.ReaderId,
            db => Once.DoAsync(db, request.Keyed(), time.GetUtcNow().UtcDateTime, async () =>
            {
                var project = await LabellingQueries.Project(db, request.ProjectId);
                if (project is not { GridAllowed: true } || !project.Classes.Exists(c => c.Index == request.ClassIndex))
                {
                    return Result.Refused("This project takes no answers for many images at once.");
                }

                retrainAfter = project.RetrainAfterLabels;
                return await StoreAsync(db, project, request, cancellationToken);
            }),
            cancellationToken);
        if (stored.Succeeded && retrainAfter is { } newLabels)
        {
            await rounds.StartAfterLabelsAsync(request.ProjectId, newLabels, cancellationToken);
        }

        return stored;
    }

    /// <summary>Takes the labels of a grid back, and leases its images to their reader again.</summary>
    public Task<Result> TakeBackAsync(int projectId, string readerId, IReadOnlyCollection<Guid> images, CancellationToken cancellationToken = default) => turn.TryAsync(
        projectId,
        readerId,
        async db =>
        {
            foreach (var image in images.Reverse())
            {
                if (await LabellingQueries.Given(db, image, readerId) is { Event.Aid: Aid.Prompted } given && given.Answer.ProjectId == projectId)
                {
                    var taken = await Answering.TakeBackAsync(db, given, time.GetUtcNow().UtcDateTime, cancellationToken);
                    if (taken.Error is { } error)
                    {
                        return Result.Refused(error);
                    }

                    await db.SaveChangesAsync(cancellationToken);
                }
            }

            return Result.Done;
        },
        cancellationToken);

    /// <summary>What the reader holds of a grid, of one class; what they hold of another is given back.</summary>
    private static async Task<(int? Class, List<LabellingQueries.HeldImage> Images)> HeldAsync(
        AppDbContext db, int projectId, string readerId, int? classIndex, DateTime expires, CancellationToken cancellationToken)
    {
        var held = await Leasing.ResumeAsync(db, projectId, readerId, forGrid: true, expires, cancellationToken);
        var ids = held.Select(h => h.Lease.ImageId).ToList();
        var proposed = await db.ModelOpinions.Where(o => ids.Contains(o.ImageId)).ToDictionaryAsync(o => o.ImageId, o => o.ClassIndex, cancellationToken);
        var wanted = classIndex ?? (held.Count > 0 && proposed.TryGetValue(held[0].Lease.ImageId, out var first) ? first : null as int?);
        var others = held.Where(h => !proposed.TryGetValue(h.Lease.ImageId, out var own) || own != wanted).ToList();
        await Leasing.GiveBackAsync(db, others.Select(h => h.Lease), cancellationToken);
        held = [.. held.Except(others)];
        return (held.Count > 0 ? wanted : null, held);
    }

    /// <summary>
    /// So many that the grid is full: what looks most like the first image that is held or, where none is, like the one that the model is surest of.
    /// </summary>
    private static async Task<IEnumerable<ProjectImage>> LookAlikesAsync(
        AppDbContext db, Project project, string readerId, int classIndex, List<LabellingQueries.HeldImage> held, CancellationToken cancellationToken)
    {
        var candidates = await Proposed(db, project, readerId, classIndex).Take(Candidates).Select(o => new { o.ImageId, o.Likeness }).ToListAsync(cancellationToken);
        var first = held.Count == 0 ? candidates.FirstOrDefault()?.ImageId : held[0].Lease.ImageId;
        var pattern = await db.ModelOpinions.Where(o => o.ImageId == first).Select(o => o.Likeness).FirstOrDefaultAsync(cancellationToken) ?? [];
        var chosen = Likeness.Nearest(pattern, candidates, c => c.Likeness, LabellingService.MaximumLeases - held.Count).Select(c => c.ImageId).ToList();
        var images = await db.Images.Where(i => chosen.Contains(i.Id)).ToDictionaryAsync(i => i.Id, cancellationToken);
        return chosen.Select(id => images[id]);
    }

    /// <summary>What the model says of the images that may be in a grid of a class, the surest first.</summary>
    private static IQueryable<ModelOpinion> Proposed(AppDbContext db, Project project, string readerId, int classIndex) =>
        from opinion in db.ModelOpinions
        join image in Leasing.UnseenBy(db, readerId, Leasing.Open(db, project.Id)) on opinion.ImageId equals image.Id
        where opinion.ProjectId == project.Id && opinion.ClassIndex == classIndex && image.ReadingsWanted == 1
            && !db.RoundPredictions.Any(p => p.RoundId == project.QueueRoundId && p.ImageId == image.Id)
        orderby opinion.Probability descending
        select opinion;

    private async Task<Result<int>> StoreAsync(AppDbContext db, Project project, GridRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var stored = 0;
        foreach (var image in request.Confirmed)
        {
            var answer = new AnswerRequest(
                project.Id, image, request.ReaderId, AnswerKind.Label, request.ClassIndex, request.ElapsedMilliseconds / request.Confirmed.Count, KeyOf(request.ClientKey, image))
            {
                Aid = Aid.Prompted,
            };
            stored += (await Answering.StoreAsync(db, project, answer, now, cancellationToken)).Succeeded ? 1 : 0;
        }

        if (stored == 0 && request.Confirmed.Count > 0)
        {
            return Result.Refused("These images were handed to colleagues meanwhile; none of your answers was stored.");
        }

        await Leasing.SetApartAsync(db, project.Id, request.ReaderId, request.Exceptions, cancellationToken);
        return stored;
    }

    /// <summary>A key for each image of a grid, the same however often the grid is sent.</summary>
    private static Guid KeyOf(Guid grid, Guid image) => new(SHA256.HashData([.. grid.ToByteArray(), .. image.ToByteArray()]).AsSpan(0, 16));
}
