using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Requests;

/// <summary>
/// Something that was done for a client under a key which the client made. It stays, so that the same request sent again is done once, and the key
/// counts for no other request.
/// </summary>
public sealed class ClientRequest
{
    /// <summary>The key.</summary>
    public Guid Key { get; set; }

    /// <summary>Who asked for what, see <see cref="KeyedRequest.Fingerprint"/>: 32 bytes. None where an earlier version of the program kept the key alone.</summary>
    public required byte[] Fingerprint { get; set; }

    /// <summary>What the client was told: the key of what was started, or how many labels were stored. 0 where there is nothing to tell.</summary>
    public int Outcome { get; set; }

    /// <summary>When it was done, UTC.</summary>
    public DateTime AtUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ClientRequest>
    {
        public void Configure(EntityTypeBuilder<ClientRequest> builder)
        {
            builder.ToTable("ClientRequests");
            builder.HasKey(r => r.Key);
            builder.Property(r => r.Key).ValueGeneratedNever();
        }
    }
}
