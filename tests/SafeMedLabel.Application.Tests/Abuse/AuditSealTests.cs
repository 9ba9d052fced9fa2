using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Logging.Abstractions;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>
/// What the trail's seals hold against: databases that keep less of a time than SQLite does, early versions, and whoever changes the rule that an
/// entry names.
/// </summary>
public sealed class AuditSealTests : IAsyncLifetime
{
    private const string LastMigrationOfTheFirstRule = "20261126183353_Patches";

    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AuditTrail Trail => _workplace.Get<AuditTrail>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        // A real clock hits a whole microsecond once in ten times.
        _workplace.Time.Advance(TimeSpan.FromTicks(1_234_567));
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task An_entry_made_between_two_microseconds_verifies_after_a_database_has_cut_its_time()
    {
        await AnswerAsync(3);
        await ExecuteAsync("UPDATE AuditEntries SET AtUtc = substr(AtUtc, 1, 26)");

        var verification = await Trail.VerifyAsync(Cancellation);

        Assert.Empty(verification.Problems);
        await using var db = _workplace.Open();
        Assert.All(await db.AuditEntries.ToListAsync(Cancellation), e => Assert.Equal(0, e.AtUtc.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    [Theory]
    [InlineData("SealVersion = 1")]
    [InlineData("SealVersion = 0")]
    [InlineData("SealVersion = 3")]
    [InlineData("SealVersion = -2147483648")]
    [InlineData("AtUtc = substr(AtUtc || '.0000000', 1, 26) || '1'")]
    public async Task An_entry_does_not_pass_for_one_of_another_rule_or_of_another_tick(string change)
    {
        await AnswerAsync(3);
        long second;
        await using (var db = _workplace.Open())
        {
            second = await db.AuditEntries.MaxAsync(e => e.Id, Cancellation) - 1;
        }

        await ExecuteAsync($"UPDATE AuditEntries SET {change} WHERE Id = {second}");

        Assert.Equal(
            [$"Entry {second} is not what was written: it was changed, or put in."], (await Trail.VerifyAsync(Cancellation)).Problems.Select(p => p.Sentence));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("UPDATE AuditEntries SET AtUtc = substr(AtUtc, 1, 26)", null)]
    [InlineData("UPDATE AuditEntries SET Subject = 'settings of another' WHERE Id = 2", "Entry 2 is not what was written: it was changed, or put in.")]
    [InlineData("UPDATE AuditEntries SET AtUtc = '2026-11-27 09:00:00.1234668' WHERE Id = 2", "Entry 2 is not what was written: it was changed, or put in.")]
    [InlineData("UPDATE AuditEntries SET SealVersion = 2 WHERE Id = 2", "Entry 2 is not what was written: it was changed, or put in.")]
    [InlineData("DELETE FROM AuditEntries WHERE Id = 2", "Entry 2 is missing.")]
    public async Task A_trail_of_the_first_rule_verifies_in_this_version_goes_on_by_the_second_and_hides_no_change(string? change, string? found)
    {
        using var folder = new TemporaryFolder();
        var storage = new StorageOptions { Root = folder.Path };
        var contexts = new Contexts(storage);
        await using (var db = contexts.CreateDbContext())
        {
            await db.GetService<IMigrator>().MigrateAsync(LastMigrationOfTheFirstRule, Cancellation);
            await WriteByFirstRuleAsync(db, storage, 3);
        }

        await new DatabaseStarter(contexts, storage, new DatabaseHealth(storage, NullLogger<DatabaseHealth>.Instance)).StartAsync(Cancellation);
        var seal = new AuditSeal(storage);
        await using (var db = contexts.CreateDbContext())
        {
            await AppendAsync(db, seal);
            Assert.Equal([1, 1, 1, AuditSeal.CurrentVersion], await db.AuditEntries.OrderBy(e => e.Id).Select(e => e.SealVersion).ToListAsync(Cancellation));
            if (change is not null)
            {
                await db.Database.ExecuteSqlRawAsync(change, Cancellation);
            }
        }

        Assert.Equal(found is null ? [] : [found], (await new AuditTrail(contexts, seal).VerifyAsync(Cancellation)).Problems.Select(p => p.Sentence));
    }

    private async Task AnswerAsync(int count)
    {
        await _workplace.AddImagesAsync(count);
        await _workplace.LabelAsync("rita", count);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var db = _workplace.Open();
        await db.Database.ExecuteSqlRawAsync(sql, Cancellation);
    }

    /// <summary>One entry more, as this version writes it.</summary>
    private static async Task AppendAsync(AppDbContext db, AuditSeal seal)
    {
        var head = await db.AuditHeads.SingleAsync(Cancellation);
        var entry = new AuditEntry
        {
            Id = head.LastId + 1,
            AtUtc = AuditSeal.Stamp(new DateTimeOffset(2026, 11, 28, 9, 0, 0, TimeSpan.Zero).AddTicks(77)),
            Action = AuditAction.SettingsChanged,
            Subject = "settings",
            Previous = head.Last,
            SealVersion = AuditSeal.CurrentVersion,
        };
        entry.Seal = seal.Of(entry);
        (head.LastId, head.Last) = (entry.Id, entry.Seal);
        head.Seal = seal.Of(head);
        db.AuditEntries.Add(entry);
        await db.SaveChangesAsync(Cancellation);
    }

    /// <summary>Entries as the versions before wrote them: with 100-nanosecond ticks, and without the rule's number.</summary>
    private static async Task WriteByFirstRuleAsync(AppDbContext db, StorageOptions storage, int count)
    {
        Directory.CreateDirectory(storage.KeyFolder);
        byte[] key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        await File.WriteAllBytesAsync(Path.Combine(storage.KeyFolder, "audit.key"), key, Cancellation);
        byte[] previous = [];
        for (var id = 1L; id <= count; id++)
        {
            var at = new DateTime(2026, 11, 27, 9, 0, 0, DateTimeKind.Utc).AddTicks(1_234_567 + id);
            var seal = HMACSHA256.HashData(key, Bytes(writer =>
            {
                writer.Write(id);
                writer.Write(at.Ticks);
                writer.Write(false);
                writer.Write("");
                writer.Write("SettingsChanged");
                writer.Write(0);
                writer.Write(true);
                writer.Write("settings");
                writer.Write(false);
                writer.Write("");
                writer.Write(true);
                writer.Write("""{"Epochs":12}""");
                writer.Write(previous);
            }));
            var (stamp, after) = (at.ToString("yyyy-MM-dd HH:mm:ss.fffffff", System.Globalization.CultureInfo.InvariantCulture), """{"Epochs":12}""");
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO AuditEntries (Id, AtUtc, Action, Subject, "After", Previous, Seal)
                VALUES ({id}, {stamp}, 'SettingsChanged', 'settings', {after}, {previous}, {seal})
                """,
                Cancellation);
            previous = seal;
        }

        var head = HMACSHA256.HashData(key, Bytes(writer =>
        {
            writer.Write("head");
            writer.Write((long)count);
            writer.Write(previous);
        }));
        await db.Database.ExecuteSqlAsync($"INSERT INTO AuditHeads (Id, LastId, Last, Seal) VALUES (1, {count}, {previous}, {head})", Cancellation);
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var text = new MemoryStream();
        using var writer = new BinaryWriter(text, Encoding.UTF8);
        write(writer);
        writer.Flush();
        return text.ToArray();
    }

    private sealed class Contexts(StorageOptions storage) : IDbContextFactory<AppDbContext>
    {
        public AppDbContext CreateDbContext() => new(new DbContextOptionsBuilder<AppDbContext>()
            .UseSqlite($"Data Source={storage.DatabaseFile};Pooling=False", sqlite => sqlite.MigrationsAssembly("SafeMedLabel.Migrations.Sqlite")).Options);
    }
}
