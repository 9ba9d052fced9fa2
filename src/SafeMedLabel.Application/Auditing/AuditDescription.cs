using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Webhooks;

namespace SafeMedLabel.Application.Auditing;

/// <summary>What the trail says of a row that is about to be written; secrets and passwords it only says to have changed.</summary>
internal static class AuditDescription
{
    /// <summary>What stands before an account's key.</summary>
    public const string AccountPrefix = "account ";

    /// <summary>How the trail calls an address that is no account's.</summary>
    public const string NoAccount = "an address without an account";

    /// <summary>Columns of a project that no person sets, or that other entries tell of.</summary>
    private static readonly HashSet<string> Silent = [nameof(Project.Version), nameof(Project.QueueRoundId), nameof(Project.ActiveRoundId), nameof(Project.IsSynthetic)];

    private static readonly ImportState[] Ended = [ImportState.Completed, ImportState.Failed, ImportState.Planned, ImportState.Cancelled];

    private static readonly Func<AppDbContext, Guid, string, Answer?> Standing = EF.CompileQuery((AppDbContext db, Guid imageId, string readerId) =>
        db.Answers.AsNoTracking().FirstOrDefault(a => a.ImageId == imageId && a.ReaderId == readerId));

    private static readonly Func<AppDbContext, int, int, string?> ClassName = EF.CompileQuery((AppDbContext db, int projectId, int index) =>
        db.ProjectClasses.Where(c => c.ProjectId == projectId && c.Index == index).Select(c => c.Name).FirstOrDefault());

    /// <summary>The entry of a changed row, without its number, time and seal; null where the trail has nothing to say of it.</summary>
    public static AuditEntry? Of(AppDbContext db, EntityEntry row) => (row.Entity, row.State) switch
    {
        // What came from elsewhere is told by its import's entry.
        (LabelEvent { ImportId: null } said, EntityState.Added) => Said(db, said),
        (ReferenceDoubt doubt, EntityState.Added) => Entry(AuditAction.Doubted, doubt.ProjectId, $"image {doubt.ImageId}", doubt.ById),
        (ReferenceDoubt doubt, EntityState.Deleted) => Entry(AuditAction.DoubtWithdrawn, doubt.ProjectId, $"image {doubt.ImageId}"),
        (Project project, EntityState.Added) => Entry(AuditAction.ProjectCreated, null, $"project '{project.Name}'", after: new { project.Question }),
        (Project project, EntityState.Modified) => Changed(row, AuditAction.SettingsChanged, project.Id, "settings", p => !Silent.Contains(p)),
        (DatasetImport import, EntityState.Added) => Entry(AuditAction.ImportStarted, import.ProjectId, $"import of '{import.SourceName}'", import.RequestedById, after: new { import.IsDryRun, import.Site, import.PatientPattern }),
        (DatasetImport import, EntityState.Modified) when Ended.Contains(import.State) => Entry(
            AuditAction.ImportEnded, import.ProjectId, Import(import.Id), after: new { State = import.State.ToString(), import.Added, import.Duplicates, import.Conflicts, import.Rejected, import.Readings }),
        (DataExport export, EntityState.Added) => Entry(AuditAction.ExportStarted, export.ProjectId, "labels", export.RequestedById, after: Of(export)),
        (DataExport export, EntityState.Deleted) => Entry(AuditAction.ExportDeleted, export.ProjectId, Export(export.Id), before: Of(export)),
        (Round round, EntityState.Added) => Entry(
            AuditAction.RoundStarted, round.ProjectId, Round(round.Number), round.RequestedById, after: new { round.Method, Labels = round.LabelCount, round.Seed, round.Epochs, round.ImageSize, Beginning = BeganWith(round) }),
        (LabelAudit audit, EntityState.Added) => Entry(AuditAction.LabelAuditStarted, audit.ProjectId, "labels", audit.RequestedById, after: new { Labels = audit.LabelCount }),
        (Promotion promotion, EntityState.Added) => Promoted(promotion),
        (AppUser user, EntityState.Added) => Entry(AuditAction.AccountCreated, null, Account(user.Id), after: new { user.Email, user.DisplayName }),
        (AppUser user, EntityState.Modified) when row.Property(nameof(AppUser.PasswordHash)) is { IsModified: true, OriginalValue: var old, CurrentValue: var set } && !Equals(old, set) =>
            Entry(AuditAction.PasswordChanged, null, Account(user.Id)),
        (AppUser user, EntityState.Modified) => Changed(row, AuditAction.AccountChanged, null, Account(user.Id), p => p is nameof(AppUser.Email) or nameof(AppUser.DisplayName) or nameof(AppUser.LockoutEnd) or nameof(AppUser.TwoFactorEnabled)),
        (IdentityUserPasskey<string> passkey, EntityState.Added) => Entry(AuditAction.PasskeyAdded, null, Account(passkey.UserId), after: new { passkey.Data.Name }),
        (IdentityUserPasskey<string> passkey, EntityState.Deleted) => Entry(AuditAction.PasskeyRemoved, null, Account(passkey.UserId), before: new { passkey.Data.Name }),
        (Webhook webhook, EntityState.Added) => Entry(AuditAction.WebhookAdded, webhook.ProjectId, Of(webhook), after: new { Events = webhook.Events.ToString() }),
        (Webhook webhook, EntityState.Modified) => Changed(row, AuditAction.WebhookChanged, webhook.ProjectId, Of(webhook), p => p is nameof(Webhook.ProtectedSecret) or nameof(Webhook.DisabledReason)),
        (Webhook webhook, EntityState.Deleted) => Entry(AuditAction.WebhookRemoved, webhook.ProjectId, Of(webhook), before: new { Events = webhook.Events.ToString() }),
        (Invitation invitation, EntityState.Added) => Entry(AuditAction.Invited, null, "a person", invitation.InvitedById, after: new { invitation.Email, invitation.Role }),
        (Invitation invitation, EntityState.Deleted) => Entry(AuditAction.InvitationTakenBack, null, "a person", before: new { invitation.Email, invitation.Role }),
        (ProjectMember member, EntityState.Added) => Entry(AuditAction.ProjectRoleGiven, member.ProjectId, Account(member.UserId), after: new { member.Role }),
        (ProjectMember member, EntityState.Modified) => Changed(row, AuditAction.ProjectRoleGiven, member.ProjectId, Account(member.UserId), p => p is nameof(ProjectMember.Role)),
        (ProjectMember member, EntityState.Deleted) => Entry(AuditAction.ProjectRoleTaken, member.ProjectId, Account(member.UserId), before: new { member.Role }),
        (ApiKey key, EntityState.Added) => Entry(AuditAction.ApiKeyCreated, null, $"API key {key.Prefix}…", key.UserId, after: new { key.Name, Scope = key.Scope.ToString(), key.ExpiresUtc }),
        (ApiKey { RevokedUtc: not null } key, EntityState.Modified) => Entry(AuditAction.ApiKeyRevoked, null, $"API key {key.Prefix}…"),
        (IdentityUserRole<string> role, EntityState.Added) => Entry(AuditAction.RoleGiven, null, Account(role.UserId), after: new { Role = NameOf(db, role) }),
        (IdentityUserRole<string> role, EntityState.Deleted) => Entry(AuditAction.RoleTaken, null, Account(role.UserId), before: new { Role = NameOf(db, role) }),
        _ => null,
    };

    /// <summary>An entry of something that no row tells.</summary>
    public static AuditEntry Entry(AuditAction action, int? projectId, string subject, string? actorId = null, object? before = null, object? after = null) => new()
    {
        Action = action,
        ProjectId = projectId,
        Subject = subject.Length > AuditEntry.MaxSubject ? subject[..AuditEntry.MaxSubject] : subject,
        ActorId = actorId ?? CurrentActor.Id,
        Before = before is null ? null : JsonSerializer.Serialize(before),
        After = after is null ? null : JsonSerializer.Serialize(after),
    };

    /// <summary>How the trail calls an account.</summary>
    public static string Account(string id) => $"{AccountPrefix}{id}";

    /// <summary>How the trail calls an import.</summary>
    public static string Import(int id) => string.Create(CultureInfo.InvariantCulture, $"import {id}");

    /// <summary>How the trail calls an export.</summary>
    public static string Export(int id) => string.Create(CultureInfo.InvariantCulture, $"export {id}");

    /// <summary>How the trail calls a round.</summary>
    public static string Round(int number) => string.Create(CultureInfo.InvariantCulture, $"round {number}");

    /// <summary>Of a file the whole hash: the trail proves which it was.</summary>
    private static string BeganWith(Round round) =>
        round.Beginning == Beginning.File ? $"weights of {round.BeginningFile} (SHA-256 {round.BeginningFileHash})" : round.Beginning.ToString();

    private static AuditEntry Said(AppDbContext db, LabelEvent said)
    {
        var isDecision = said.Reason == QueueReason.Adjudication;
        var action = said.Kind switch
        {
            AnswerKind.Undo => isDecision ? AuditAction.DecisionTakenBack : AuditAction.AnswerTakenBack,
            AnswerKind.Reveal or AnswerKind.Told => AuditAction.Shown,
            _ => isDecision ? AuditAction.Decided : AuditAction.Answered,
        };
        string? NameOf(int? index) => index is { } known ? ClassName(db, said.ProjectId, known) : null;
        var before = action == AuditAction.Shown ? null
            : isDecision ? db.Adjudications.AsNoTracking().FirstOrDefault(a => a.ImageId == said.ImageId) is { } decision ? Answered(KindOf(decision.ClassIndex), NameOf(decision.ClassIndex)) : null
            : Standing(db, said.ImageId, said.ReaderId) is { } answer ? Answered(answer.Kind, NameOf(answer.ClassIndex)) : null;
        var after = said.Kind == AnswerKind.Undo ? null : Answered(said.Kind, NameOf(said.ClassIndex), said.Aid);
        return Entry(action, said.ProjectId, $"image {said.ImageId}", said.ReaderId, before, after);
    }

    private static Dictionary<string, string?> Answered(AnswerKind kind, string? className, Aid aid = Aid.Unaided)
    {
        var words = new Dictionary<string, string?> { ["Kind"] = kind.ToString(), ["Class"] = className };
        if (aid != Aid.Unaided)
        {
            words["Aid"] = aid.ToString();
        }

        return words;
    }

    private static AnswerKind KindOf(int? classIndex) => classIndex is null ? AnswerKind.Unreadable : AnswerKind.Label;

    private static AuditEntry Promoted(Promotion promotion) => Entry(
        promotion.Kind switch
        {
            PromotionKind.Override => AuditAction.GateOverridden,
            PromotionKind.RollBack => AuditAction.ModelRolledBack,
            _ => AuditAction.ModelPromoted,
        },
        promotion.ProjectId,
        "active model",
        promotion.ById,
        new { RoundId = promotion.PreviousRoundId },
        new { promotion.RoundId, promotion.Reason });

    private static AuditEntry? Changed(EntityEntry row, AuditAction action, int? projectId, string subject, Func<string, bool> counts)
    {
        var changed = row.Properties.Where(p => p.IsModified && counts(p.Metadata.Name) && !Equals(p.OriginalValue, p.CurrentValue)).ToList();
        return changed.Count == 0 ? null : Entry(
            action, projectId, subject, before: changed.ToDictionary(p => p.Metadata.Name, p => Shown(p, p.OriginalValue)), after: changed.ToDictionary(p => p.Metadata.Name, p => Shown(p, p.CurrentValue)));
    }

    private static object? Shown(PropertyEntry property, object? value) => value switch
    {
        null => null,
        _ when property.Metadata.Name == nameof(Webhook.ProtectedSecret) => "a secret",
        Enum word => word.ToString(),
        _ => value,
    };

    /// <summary>The rest of a webhook's address may hold a secret.</summary>
    private static string Of(Webhook webhook) => $"webhook at {new Uri(webhook.Address).Host}";

    private static object Of(DataExport export) => new { Format = export.Format.ToString(), export.WithPictures, export.NamesReaders };

    private static string? NameOf(AppDbContext db, IdentityUserRole<string> membership) => db.Roles.AsNoTracking().Where(r => r.Id == membership.RoleId).Select(r => r.Name).FirstOrDefault();
}
