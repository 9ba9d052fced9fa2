using System.Security.Cryptography;
using System.Text;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Auditing;

/// <summary>
/// Seals entries of the trail: HMAC-SHA-256 (RFC 2104) under a key that lies beside the database, not in it. Who can write only the database can
/// forge no seal.
/// </summary>
public sealed class AuditSeal(StorageOptions storage)
{
    /// <summary>
    /// The rule that new entries are sealed by: their time is a whole number of microseconds, and the rule's number is sealed with the rest, so
    /// that no entry passes for one of another rule. Rule 1 sealed 100-nanosecond ticks.
    /// </summary>
    public const int CurrentVersion = 2;

    private const int FirstVersion = 1;

    private readonly StorageKey _key = new(Path.Combine(storage.KeyFolder, "audit.key"));

    /// <summary>An instant as entries are stamped with it: what is beyond its whole microseconds is cut off.</summary>
    public static DateTime Stamp(DateTimeOffset now) => new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);

    /// <summary>Seal of an entry by the rule that it names and, through <see cref="AuditEntry.Previous"/>, of all before it: 32 bytes.</summary>
    public byte[] Of(AuditEntry entry) => Of(entry, entry.AtUtc.Ticks);

    /// <summary>
    /// True where an entry is what was sealed. A database may have cut the ticks of an entry of the first rule to microseconds: the seal then fits
    /// one of the ten times that were cut to this one.
    /// </summary>
    public bool Fits(AuditEntry entry)
    {
        var ticks = entry.AtUtc.Ticks;
        var mayBeCut = entry.SealVersion == FirstVersion && ticks % TimeSpan.TicksPerMicrosecond == 0;
        return entry.SealVersion is FirstVersion or CurrentVersion
            && Enumerable.Range(0, mayBeCut ? (int)TimeSpan.TicksPerMicrosecond : 1)
                .Any(cut => CryptographicOperations.FixedTimeEquals(entry.Seal, Of(entry, ticks + cut)));
    }

    private byte[] Of(AuditEntry entry, long ticks) => Seal(writer =>
    {
        if (entry.SealVersion != FirstVersion)
        {
            writer.Write($"entry, rule {entry.SealVersion}");
        }

        writer.Write(entry.Id);
        writer.Write(ticks);
        WriteText(writer, entry.ActorId);
        writer.Write(entry.Action.ToString());
        writer.Write(entry.ProjectId ?? 0);
        WriteText(writer, entry.Subject);
        WriteText(writer, entry.Before);
        WriteText(writer, entry.After);
        writer.Write(entry.Previous);
    });

    /// <summary>Seal of the trail's end: 32 bytes.</summary>
    public byte[] Of(AuditHead head) => Seal(writer =>
    {
        writer.Write("head");
        writer.Write(head.LastId);
        writer.Write(head.Last);
    });

    private byte[] Seal(Action<BinaryWriter> write)
    {
        using var text = new MemoryStream();
        using (var writer = new BinaryWriter(text, Encoding.UTF8, leaveOpen: true))
        {
            write(writer);
        }

        return _key.Sign(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    /// <summary>With its length before it, and apart from one that is missing: no two entries read the same.</summary>
    private static void WriteText(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        writer.Write(text ?? "");
    }
}
