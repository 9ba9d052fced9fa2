using System.Text;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Auditing;

/// <summary>
/// Seals entries of the trail: HMAC-SHA-256 (RFC 2104) under a key that lies beside the database, not in it. Who can write only the database can
/// forge no seal.
/// </summary>
public sealed class AuditSeal(StorageOptions storage)
{
    private readonly StorageKey _key = new(Path.Combine(storage.KeyFolder, "audit.key"));

    /// <summary>Seal of an entry and, through <see cref="AuditEntry.Previous"/>, of all before it: 32 bytes.</summary>
    public byte[] Of(AuditEntry entry) => Seal(writer =>
    {
        writer.Write(entry.Id);
        writer.Write(entry.AtUtc.Ticks);
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
