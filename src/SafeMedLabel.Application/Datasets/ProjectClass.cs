using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Datasets;

/// <summary>One answer a reader may give.</summary>
public sealed class ProjectClass
{
    /// <summary>Longest name.</summary>
    public const int MaxName = 100;

    /// <summary>What can be a <see cref="Name"/>.</summary>
    public static TextRule NameRule { get; } = new("A class's name", MaxName);

    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>0-based position: the network's output and, plus one, the reader's key.</summary>
    public int Index { get; set; }

    /// <summary>The class's name, as its folder was called.</summary>
    public required string Name { get; set; }

    /// <summary>By which names are held against those of classes: capital letters make no difference, unless two of the classes differ in them alone.</summary>
    public static StringComparer ComparerOf(IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Count ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
    }

    internal sealed class Configuration : IEntityTypeConfiguration<ProjectClass>
    {
        public void Configure(EntityTypeBuilder<ProjectClass> builder)
        {
            builder.Property(c => c.Name).HasMaxLength(MaxName);
            builder.HasIndex(c => new { c.ProjectId, c.Index }).IsUnique();
            builder.HasOne<Project>().WithMany(p => p.Classes).HasForeignKey(c => c.ProjectId);
        }
    }
}
