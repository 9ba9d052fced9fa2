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
    private const int KeyLength = 32;

    private readonly Lazy<byte[]> _key = new(() => ReadOrMake(Path.Combine(storage.KeyFolder, "audit.key")));

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

        return HMACSHA256.HashData(_key.Value, text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    /// <summary>With its length before it, and apart from one that is missing: no two entries read the same.</summary>
    private static void WriteText(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        writer.Write(text ?? "");
    }

    private static byte[] ReadOrMake(string path)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var made = $"{path}.{Guid.NewGuid():n}.tmp";
            File.WriteAllBytes(made, RandomNumberGenerator.GetBytes(KeyLength));
            try
            {
                File.Move(made, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process was first; its key counts.
                File.Delete(made);
            }
        }

        var key = File.ReadAllBytes(path);
        return key.Length == KeyLength ? key : throw new InvalidDataException($"The key of the audit trail, {path}, has {key.Length} bytes instead of {KeyLength}.");
    }
}
