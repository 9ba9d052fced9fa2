using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Live;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Requests;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Webhooks;

namespace SafeMedLabel.Application.Persistence;

/// <summary>The application's database. Made by a factory, one per operation; never shared by a circuit.</summary>
public sealed class AppDbContext(DbContextOptions<AppDbContext> options) : IdentityDbContext<AppUser, IdentityRole, string>(options)
{
    /// <summary>Labelling projects.</summary>
    public DbSet<Project> Projects => Set<Project>();

    /// <summary>The classes that a reader may answer with, in key order.</summary>
    public DbSet<ProjectClass> ProjectClasses => Set<ProjectClass>();

    /// <summary>Imports of a folder or archive into a project.</summary>
    public DbSet<DatasetImport> Imports => Set<DatasetImport>();

    /// <summary>Files that an import rejected.</summary>
    public DbSet<ImportIssue> ImportIssues => Set<ImportIssue>();

    /// <summary>Images.</summary>
    public DbSet<ProjectImage> Images => Set<ProjectImage>();

    /// <summary>Everything readers ever said; append-only.</summary>
    public DbSet<LabelEvent> LabelEvents => Set<LabelEvent>();

    /// <summary>Each reader's standing answer per image: the label events, folded.</summary>
    public DbSet<Answer> Answers => Set<Answer>();

    /// <summary>What was decided where readers do not agree.</summary>
    public DbSet<Adjudication> Adjudications => Set<Adjudication>();

    /// <summary>Images whose known class somebody doubts.</summary>
    public DbSet<ReferenceDoubt> ReferenceDoubts => Set<ReferenceDoubt>();

    /// <summary>Images that a reader holds at the moment.</summary>
    public DbSet<Lease> Leases => Set<Lease>();

    /// <summary>Training rounds.</summary>
    public DbSet<Round> Rounds => Set<Round>();

    /// <summary>Finished epochs of rounds.</summary>
    public DbSet<RoundEpoch> RoundEpochs => Set<RoundEpoch>();

    /// <summary>Silent-failure rate and coverage of rounds over the thresholds.</summary>
    public DbSet<RoundThreshold> RoundThresholds => Set<RoundThreshold>();

    /// <summary>How models became active; append-only.</summary>
    public DbSet<Promotion> Promotions => Set<Promotion>();

    /// <summary>How people want to read.</summary>
    public DbSet<ReaderPreferences> ReaderPreferences => Set<ReaderPreferences>();

    /// <summary>What the round that ranks a queue says of its images.</summary>
    public DbSet<ModelOpinion> ModelOpinions => Set<ModelOpinion>();

    /// <summary>What rounds' models said of images before they were read.</summary>
    public DbSet<RoundPrediction> RoundPredictions => Set<RoundPrediction>();

    /// <summary>What rounds' models said of the locked test set.</summary>
    public DbSet<TestPrediction> TestPredictions => Set<TestPrediction>();

    /// <summary>How far projects' live rankings are.</summary>
    public DbSet<LiveState> LiveStates => Set<LiveState>();

    /// <summary>Live rankings of queues.</summary>
    public DbSet<LiveRanking> LiveRankings => Set<LiveRanking>();

    /// <summary>Images' places in them.</summary>
    public DbSet<LiveRank> LiveRanks => Set<LiveRank>();

    /// <summary>Searches for wrong labels.</summary>
    public DbSet<LabelAudit> LabelAudits => Set<LabelAudit>();

    /// <summary>The labels that they suspect.</summary>
    public DbSet<LabelAuditFinding> LabelAuditFindings => Set<LabelAuditFinding>();

    /// <summary>What leads must look at.</summary>
    public DbSet<Alarm> Alarms => Set<Alarm>();

    /// <summary>Exports of a project's labels.</summary>
    public DbSet<DataExport> Exports => Set<DataExport>();

    /// <summary>Keys with which programs act for people.</summary>
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    /// <summary>What was done for clients under keys of theirs.</summary>
    public DbSet<ClientRequest> ClientRequests => Set<ClientRequest>();

    /// <summary>Addresses that are told what happens in projects.</summary>
    public DbSet<Webhook> Webhooks => Set<Webhook>();

    /// <summary>What they are told.</summary>
    public DbSet<WebhookMessage> WebhookMessages => Set<WebhookMessage>();

    /// <summary>People who may make an account.</summary>
    public DbSet<Invitation> Invitations => Set<Invitation>();

    /// <summary>Where people are signed in.</summary>
    public DbSet<UserSession> UserSessions => Set<UserSession>();

    /// <summary>Roles that people have in single projects.</summary>
    public DbSet<ProjectMember> ProjectMembers => Set<ProjectMember>();

    /// <summary>Who did what when; append-only, written by <see cref="AuditInterceptor"/>.</summary>
    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    /// <summary>Where that trail ends: one row.</summary>
    public DbSet<AuditHead> AuditHeads => Set<AuditHead>();

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.ApplyConfigurationsFromAssembly(typeof(AppDbContext).Assembly);
    }

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTime>().HaveConversion<UtcConverter>();
        configurationBuilder.Properties<Enum>().HaveConversion<string>().HaveMaxLength(40);
    }

    /// <inheritdoc />
    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        RenewVersions();
        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    /// <inheritdoc />
    public override int SaveChanges(bool acceptAllChangesOnSuccess)
    {
        RenewVersions();
        return base.SaveChanges(acceptAllChangesOnSuccess);
    }

    private void RenewVersions()
    {
        foreach (var entry in ChangeTracker.Entries<IVersioned>())
        {
            if (entry.State is EntityState.Added or EntityState.Modified)
            {
                entry.Entity.Version = Guid.NewGuid();
            }
        }
    }

    /// <summary>SQLite keeps no kind: every time is UTC going in and coming out.</summary>
    private sealed class UtcConverter() : ValueConverter<DateTime, DateTime>(
        value => value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value,
        value => DateTime.SpecifyKind(value, DateTimeKind.Utc));
}
