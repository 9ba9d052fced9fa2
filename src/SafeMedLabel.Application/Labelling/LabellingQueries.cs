using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>
/// What every answer and every next image asks of the database. Compiled once: of a query that takes the database some microseconds, most
/// of the time would go into finding its compiled form again.
/// </summary>
internal static class LabellingQueries
{
    /// <summary>A project with its classes; null where there is none.</summary>
    public static readonly Func<AppDbContext, int, Task<Project?>> Project = EF.CompileAsyncQuery((AppDbContext db, int id) =>
        db.Projects.AsNoTracking().Include(p => p.Classes).FirstOrDefault(p => p.Id == id));

    /// <summary>Colleagues' leases whose time is over.</summary>
    public static readonly Func<AppDbContext, int, string, DateTime, IAsyncEnumerable<Lease>> Expired = EF.CompileAsyncQuery(
        (AppDbContext db, int projectId, string readerId, DateTime now) =>
            db.Leases.Where(l => l.ProjectId == projectId && !l.HasLapsed && l.ExpiresUtc <= now && l.ReaderId != readerId));

    /// <summary>A reader's leases in their order, those of a grid or the others, with what they may know of the images.</summary>
    public static readonly Func<AppDbContext, int, string, bool, IAsyncEnumerable<HeldImage>> Held = EF.CompileAsyncQuery((AppDbContext db, int projectId, string readerId, bool forGrid) =>
        from lease in db.Leases
        join image in db.Images on lease.ImageId equals image.Id
        orderby lease.Order
        where lease.ProjectId == projectId && lease.ReaderId == readerId && (lease.Reason == QueueReason.Grid) == forGrid
        select new HeldImage(lease, image.Width, image.Height, db.Answers.Any(a => a.ImageId == image.Id && a.ReaderId == readerId && a.Kind == AnswerKind.Skip)));

    /// <summary>The first in rank that nobody has read or holds and this reader has not skipped.</summary>
    public static readonly Func<AppDbContext, int, string, int, IAsyncEnumerable<ProjectImage>> Fresh = EF.CompileAsyncQuery(
        (AppDbContext db, int projectId, string readerId, int count) => db.Images
            .Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training && i.ReadingsTaken < i.ReadingsWanted && i.ReadingsTaken == 0
                && !db.Answers.Any(a => a.ImageId == i.Id && a.ReaderId == readerId) && !db.Leases.Any(l => l.ImageId == i.Id && l.ReaderId == readerId))
            .OrderBy(i => i.QueueRank).ThenBy(i => i.ContentHash).Take(count));

    /// <summary>The live ranking whose order a project's queue has; null while it has a round's, or none.</summary>
    public static readonly Func<AppDbContext, int, Task<int?>> LiveRanking = EF.CompileAsyncQuery((AppDbContext db, int projectId) =>
        db.LiveStates.Where(s => s.ProjectId == projectId).Select(s => s.RankingId).FirstOrDefault());

    /// <summary>As <see cref="Fresh"/>, the first in a live ranking.</summary>
    public static readonly Func<AppDbContext, int, string, int, IAsyncEnumerable<ProjectImage>> FreshLive = EF.CompileAsyncQuery(
        (AppDbContext db, int rankingId, string readerId, int count) =>
            (from rank in db.LiveRanks
             join image in db.Images on rank.ImageId equals image.Id
             orderby rank.Rank
             where rank.RankingId == rankingId && image.Split == DataSplit.Training && image.ReadingsTaken < image.ReadingsWanted && image.ReadingsTaken == 0
                && !db.Answers.Any(a => a.ImageId == image.Id && a.ReaderId == readerId) && !db.Leases.Any(l => l.ImageId == image.Id && l.ReaderId == readerId)
             select image).Take(count));

    /// <summary>Those of which somebody asked another reading, and which this reader has neither answered, nor holds, nor asked about.</summary>
    public static readonly Func<AppDbContext, int, string, int, IAsyncEnumerable<ProjectImage>> Asked = EF.CompileAsyncQuery(
        (AppDbContext db, int projectId, string readerId, int count) => db.Images
            .Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training && i.ReadingsAsked > i.ReadingsTaken
                && !db.Answers.Any(a => a.ImageId == i.Id && a.ReaderId == readerId) && !db.Leases.Any(l => l.ImageId == i.Id && l.ReaderId == readerId)
                && !db.LabelAuditFindings.Any(f => f.ImageId == i.Id && f.SentById == readerId))
            .OrderBy(i => i.QueueRank).ThenBy(i => i.ContentHash).Take(count));

    /// <summary>Whether there is an event of a kind for a reader and an image: whether they have seen what the model says of it, or were told that it is gold.</summary>
    public static readonly Func<AppDbContext, Guid, string, AnswerKind, Task<bool>> Has = EF.CompileAsyncQuery((AppDbContext db, Guid imageId, string readerId, AnswerKind kind) =>
        db.LabelEvents.Any(e => e.ImageId == imageId && e.ReaderId == readerId && e.Kind == kind));

    /// <summary>An image; null where there is none.</summary>
    public static readonly Func<AppDbContext, Guid, Task<ProjectImage?>> Image = EF.CompileAsyncQuery((AppDbContext db, Guid id) =>
        db.Images.FirstOrDefault(i => i.Id == id));

    /// <summary>A reader's lease of an image; null where there is none.</summary>
    public static readonly Func<AppDbContext, Guid, string, Task<Lease?>> Lease = EF.CompileAsyncQuery((AppDbContext db, Guid imageId, string readerId) =>
        db.Leases.FirstOrDefault(l => l.ImageId == imageId && l.ReaderId == readerId));

    /// <summary>A reader's standing answer for an image; null where there is none.</summary>
    public static readonly Func<AppDbContext, Guid, string, Task<Answer?>> Answer = EF.CompileAsyncQuery((AppDbContext db, Guid imageId, string readerId) =>
        db.Answers.FirstOrDefault(a => a.ImageId == imageId && a.ReaderId == readerId));

    /// <summary>A reader's last answer that stands; null where there is none.</summary>
    public static readonly Func<AppDbContext, int, string, Task<GivenAnswer?>> Last = EF.CompileAsyncQuery((AppDbContext db, int projectId, string readerId) =>
        (from answer in db.Answers
         join stored in db.LabelEvents on answer.EventId equals stored.Id
         where answer.ProjectId == projectId && answer.ReaderId == readerId
         orderby answer.EventId descending
         select new GivenAnswer(answer, stored)).FirstOrDefault());

    /// <summary>A reader's standing answer for an image, with its event; null where there is none.</summary>
    public static readonly Func<AppDbContext, Guid, string, Task<GivenAnswer?>> Given = EF.CompileAsyncQuery((AppDbContext db, Guid imageId, string readerId) =>
        (from answer in db.Answers
         join stored in db.LabelEvents on answer.EventId equals stored.Id
         where answer.ImageId == imageId && answer.ReaderId == readerId
         select new GivenAnswer(answer, stored)).FirstOrDefault());

    /// <summary>A standing answer and the event that it stands by.</summary>
    public sealed record GivenAnswer(Answer Answer, LabelEvent Event)
    {
        /// <summary>As its reader gave it.</summary>
        public ReaderAnswer AsGiven => new(Answer.ImageId, Answer.Kind, Answer.ClassIndex, Event.ElapsedMilliseconds);
    }

    /// <summary>A lease and its image's size.</summary>
    public sealed record HeldImage(Lease Lease, int Width, int Height, bool WasSkipped)
    {
        /// <summary>As the reader may know it.</summary>
        public QueueImage View => new(Lease.ImageId, Width, Height, WasSkipped);
    }
}
