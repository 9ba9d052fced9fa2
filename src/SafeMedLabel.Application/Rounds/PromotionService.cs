using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// Which model is active. Of itself a model becomes active only by passing the gate; a person can sign for one, and go back. Fails closed:
/// whatever goes wrong leaves the active model as it was.
/// </summary>
public sealed class PromotionService(IDbContextFactory<AppDbContext> contexts, UserManager<AppUser> users, PasswordCheck passwords, StorageOptions storage, TimeProvider time)
{
    /// <summary>A reason that says anything has so many characters.</summary>
    public const int MinReason = 10;

    private const string NotAllowed = "Only a lead or an admin may change the active model.";

    /// <summary>The active model; null where there is none.</summary>
    public async Task<ModelStanding?> ActiveAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => db.Projects.Any(p => p.Id == projectId && p.ActiveRoundId == r.Id), cancellationToken) is not { } active)
        {
            return null;
        }

        var own = await db.Promotions.AsNoTracking().Where(p => p.ProjectId == projectId && p.RoundId == active.Id).OrderBy(p => p.Id).ToListAsync(cancellationToken);
        var made = own.Last(p => p.Kind != PromotionKind.RollBack);
        var (last, signed) = (own[^1], made.Kind == PromotionKind.Override ? made : null);
        var names = await db.Users.Where(u => u.Id == last.ById || u.Id == made.ById).ToDictionaryAsync(u => u.Id, u => u.DisplayName, cancellationToken);
        string? Name(string? id) => id is null ? null : names.GetValueOrDefault(id);
        return new ModelStanding(
            active,
            last,
            Name(last.ById),
            signed,
            Name(signed?.ById),
            await db.Rounds.Where(r => r.Id == made.PreviousRoundId).Select(r => (int?)r.Number).FirstOrDefaultAsync(cancellationToken),
            await DataChangedAsync(db, active, cancellationToken));
    }

    /// <summary>All models that a project has made, the newest first.</summary>
    public async Task<IReadOnlyList<ModelHistory>> HistoryAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var active = await db.Projects.Where(p => p.Id == projectId).Select(p => p.ActiveRoundId).FirstOrDefaultAsync(cancellationToken);
        var rounds = await db.Rounds.AsNoTracking().Where(r => r.ProjectId == projectId && r.ModelFile != null).OrderByDescending(r => r.Number).ToListAsync(cancellationToken);
        var promotions = (await db.Promotions.AsNoTracking().Where(p => p.ProjectId == projectId && p.RoundId != null).OrderBy(p => p.Id).ToListAsync(cancellationToken)).ToLookup(p => p.RoundId);
        var lastImport = await db.Imports.Where(i => i.ProjectId == projectId && i.State == ImportState.Completed).MaxAsync(i => i.FinishedUtc, cancellationToken);
        return [.. rounds.Select(r => new ModelHistory(r, r.Id == active, r.Promise(dataChanged: lastImport > r.FinishedUtc), [.. promotions[r.Id]]))];
    }

    /// <summary>Whether images came in after a round was measured: its certificate is no longer valid.</summary>
    internal static Task<bool> DataChangedAsync(AppDbContext db, Round round, CancellationToken cancellationToken) =>
        db.Imports.AnyAsync(i => i.ProjectId == round.ProjectId && i.State == ImportState.Completed && i.FinishedUtc > round.FinishedUtc, cancellationToken);

    /// <summary>Makes a round's model active on a person's signature, whatever the gate said of it.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="roundId">A completed round of it.</param>
    /// <param name="userId">The signer, a lead or admin.</param>
    /// <param name="reason">Why, <see cref="MinReason"/> to <see cref="Promotion.MaxReason"/> characters.</param>
    /// <param name="password">The signer's. Wrong ones count as failed sign-ins do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result> OverrideAsync(int projectId, int roundId, string userId, string reason, string password, CancellationToken cancellationToken = default)
    {
        reason = TextRule.Clean(reason, hasLines: true);
        if (reason.Length is < MinReason or > Promotion.MaxReason)
        {
            return Result.Refused($"Please give a reason of {MinReason} to {Promotion.MaxReason:n0} characters.");
        }

        if (TextRule.Flaw(reason, hasLines: true) is { } flaw)
        {
            return Result.Refused($"A reason {flaw}.");
        }

        if (await SignAsync(projectId, userId, password) is { Succeeded: false } refused)
        {
            return refused;
        }

        Round? round;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            round = await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == roundId && r.ProjectId == projectId, cancellationToken);
        }

        if (round is not { State: RoundState.Completed, ModelFile: not null })
        {
            return Result.Refused("This round has no model.");
        }

        // A completed round stays as it is; to read its file takes too long for a transaction that all others wait for.
        if (await ModelSeal.ProblemAsync(storage, round, cancellationToken) is { } problem)
        {
            return Result.Refused(problem);
        }

        return await contexts.ChangeAsync(
            async db =>
            {
                if (await MayChangeAsync(db, projectId, userId) is { Succeeded: false } denied)
                {
                    return denied;
                }

                var project = await db.Projects.FirstAsync(p => p.Id == projectId, cancellationToken);
                if (project.ActiveRoundId == roundId)
                {
                    return Result.Refused("This model is the active one already.");
                }

                Promote(db, project, roundId, PromotionKind.Override, userId, reason, time);
                return Result.Done;
            },
            cancellationToken);
    }

    /// <summary>
    /// Goes back to the model that was active before the present one, or to none where there was none. Its file is not looked at here: the way out must
    /// never be shut, and a model that was changed answers nothing once it is asked.
    /// </summary>
    /// <param name="projectId">The project.</param>
    /// <param name="fromRoundId">The active model as the person saw it: who clicks twice, or after somebody else, goes back once.</param>
    /// <param name="userId">Who.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Result> RollBackAsync(int projectId, int fromRoundId, string userId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await MayChangeAsync(db, projectId, userId) is { Succeeded: false } denied)
            {
                return denied;
            }

            var project = await db.Projects.FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken);
            if (project is null || project.ActiveRoundId != fromRoundId)
            {
                return Result.Refused("The active model has changed in the meantime.");
            }

            var previous = await db.Promotions.Where(p => p.ProjectId == projectId && p.RoundId == fromRoundId && p.Kind != PromotionKind.RollBack)
                .OrderByDescending(p => p.Id).Select(p => p.PreviousRoundId).FirstAsync(cancellationToken);
            Promote(db, project, previous, PromotionKind.RollBack, userId, null, time);
            return Result.Done;
        },
        cancellationToken);

    /// <summary>
    /// Makes a model that has passed the gate active, unless another than the one that it was compared with has become active meanwhile. Part
    /// of the caller's transaction.
    /// </summary>
    internal static void PromoteByGate(AppDbContext db, Project project, Round round, TimeProvider time)
    {
        if (round.Gate?.Verdict == GateVerdict.Pass && project.ActiveRoundId == round.GateAgainstRoundId)
        {
            Promote(db, project, round.Id, PromotionKind.Gate, null, null, time);
        }
    }

    private static void Promote(AppDbContext db, Project project, int? roundId, PromotionKind kind, string? userId, string? reason, TimeProvider time)
    {
        db.Promotions.Add(new Promotion
        {
            ProjectId = project.Id,
            RoundId = roundId,
            PreviousRoundId = project.ActiveRoundId,
            Kind = kind,
            ById = userId,
            Reason = reason,
            AtUtc = time.GetUtcNow().UtcDateTime,
        });
        project.ActiveRoundId = roundId;
    }

    private async Task<Result> SignAsync(int projectId, string userId, string password)
    {
        await using (var db = await contexts.CreateDbContextAsync())
        {
            if (await MayChangeAsync(db, projectId, userId) is { Succeeded: false } denied)
            {
                return denied;
            }
        }

        return await users.FindByIdAsync(userId) is { } user ? await passwords.ProveAsync(user, password) : Result.Refused(NotAllowed);
    }

    /// <summary>Refuses whoever may not change the active model, or acts in another's name.</summary>
    private static async Task<Result> MayChangeAsync(AppDbContext db, int projectId, string userId) =>
        await ActorRight.InProjectAsync(db, projectId, Roles.Lead, userId) is { Succeeded: false } denied ? denied
        : await Permission.MayLeadAsync(db, projectId, userId) ? Result.Done
        : Result.Refused(NotAllowed);
}
