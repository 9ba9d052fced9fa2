using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>Who holds which images, until when, and which are to be had. Part of a <see cref="LabellingTurn"/>.</summary>
internal static class Leasing
{
    /// <summary>A lease is not written anew for less.</summary>
    private static readonly TimeSpan RenewalStep = TimeSpan.FromSeconds(20);

    /// <summary>Colleagues who held an image too long give their place back; while nobody takes it, their late answer still counts.</summary>
    public static async Task LapseAsync(AppDbContext db, int projectId, string readerId, DateTime now, CancellationToken cancellationToken)
    {
        var expired = await LabellingQueries.Expired(db, projectId, readerId, now).ToListAsync(cancellationToken);
        foreach (var lease in expired)
        {
            lease.HasLapsed = true;
            (await LabellingQueries.Image(db, lease.ImageId))!.ReadingsTaken--;
        }

        if (expired.Count > 0)
        {
            // What is free is asked of the database next.
            await db.SaveChangesAsync(cancellationToken);
        }
    }

    /// <summary>What this reader holds, for a grid or one by one, renewed; of what they lost, that whose place is still free.</summary>
    public static async Task<List<LabellingQueries.HeldImage>> ResumeAsync(AppDbContext db, int projectId, string readerId, bool forGrid, DateTime expires, CancellationToken cancellationToken)
    {
        var held = new List<LabellingQueries.HeldImage>();
        foreach (var mine in await LabellingQueries.Held(db, projectId, readerId, forGrid).ToListAsync(cancellationToken))
        {
            var lease = mine.Lease;
            if (lease.HasLapsed)
            {
                var image = (await LabellingQueries.Image(db, lease.ImageId))!;
                if (image.ReadingsTaken >= image.ReadingsWanted)
                {
                    db.Leases.Remove(lease);
                    continue;
                }

                lease.HasLapsed = false;
                image.ReadingsTaken++;
            }

            if (expires - lease.ExpiresUtc > RenewalStep)
            {
                lease.ExpiresUtc = expires;
            }

            held.Add(mine);
        }

        return held;
    }

    /// <summary>Images of the pool that want more readings than they have and are promised.</summary>
    public static IQueryable<ProjectImage> Open(AppDbContext db, int projectId) =>
        db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training && i.ReadingsTaken < i.ReadingsWanted);

    /// <summary>Those that a reader has neither answered nor holds, and has not sent for a second reading: who sends an image has seen what a model says of it.</summary>
    public static IQueryable<ProjectImage> UnseenBy(AppDbContext db, string readerId, IQueryable<ProjectImage> images) => images.Where(i =>
        !db.Answers.Any(a => a.ImageId == i.Id && a.ReaderId == readerId) && !db.Leases.Any(l => l.ImageId == i.Id && l.ReaderId == readerId)
        && !db.LabelAuditFindings.Any(f => f.ImageId == i.Id && f.SentById == readerId));

    /// <summary>A reader gives images back unread.</summary>
    public static async Task GiveBackAsync(AppDbContext db, IEnumerable<Lease> leases, CancellationToken cancellationToken)
    {
        foreach (var lease in leases)
        {
            db.Leases.Remove(lease);
            (await LabellingQueries.Image(db, lease.ImageId))!.ReadingsTaken--;
        }

        // What is to be had is asked of the database next.
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Of a grid, the images that a reader wants to read one by one: they come before what the reader holds else.</summary>
    public static async Task SetApartAsync(AppDbContext db, int projectId, string readerId, IReadOnlyList<Guid> images, CancellationToken cancellationToken)
    {
        var first = await db.Leases.Where(l => l.ProjectId == projectId && l.ReaderId == readerId).MinAsync(l => (long?)l.Order, cancellationToken) ?? 0;
        foreach (var lease in await db.Leases.Where(l => l.ProjectId == projectId && l.ReaderId == readerId && l.Reason == QueueReason.Grid && images.Contains(l.ImageId)).ToListAsync(cancellationToken))
        {
            (lease.Reason, lease.Order) = (QueueReason.GridException, --first);
        }
    }

    /// <summary>Gives a reader an image that is to be had.</summary>
    public static void Give(AppDbContext db, ProjectImage image, string readerId, QueueReason reason, long order, DateTime expires)
    {
        image.ReadingsTaken++;
        db.Leases.Add(new Lease { ImageId = image.Id, ReaderId = readerId, ProjectId = image.ProjectId, Reason = reason, Order = order, ExpiresUtc = expires });
    }
}
