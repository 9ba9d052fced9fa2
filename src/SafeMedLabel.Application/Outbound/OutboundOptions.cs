namespace SafeMedLabel.Application.Outbound;

/// <summary>Which servers are called where a person gave the address: an archive's, a webhook's. Public ones always are.</summary>
public sealed class OutboundOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "Outbound";

    /// <summary>
    /// Servers that may be called although they are not public, such as the hospital's own, parted by commas: names as <c>files.hospital.example</c>, all
    /// names below one as <c>*.hospital.example</c>, addresses as <c>10.1.2.3</c>, or ranges as <c>10.1.0.0/16</c>.
    /// </summary>
    public string? Allow { get; set; }

    /// <summary>True where all of <see cref="Allow"/> can be read.</summary>
    public bool IsValid => AllowList.TryParse(Allow, out _);
}
