using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>How a person wants the pages on which they read images. Kept with their account, so that it is there at every computer.</summary>
public sealed class ReaderPreferences
{
    /// <summary>Longest time between two reminders, in minutes.</summary>
    public const int LongestBreak = 240;

    /// <summary>The account.</summary>
    public required string UserId { get; set; }

    /// <summary>Colours of the reading pages.</summary>
    public ReadingTheme Theme { get; set; }

    /// <summary>Size of their text.</summary>
    public TextSize TextSize { get; set; }

    /// <summary>Their language, as 'de'; null for the browser's.</summary>
    public string? Language { get; set; }

    /// <summary>A break is proposed after so many minutes of reading, 1 to <see cref="LongestBreak"/>; null for never.</summary>
    public int? BreakMinutes { get; set; } = 45;

    /// <summary>Keys that differ from <see cref="ReadingKeys.Default"/>, by command.</summary>
    public Dictionary<string, string> Keys { get; set; } = [];

    /// <summary>The first thing that is wrong with them, as a sentence; null when all is well.</summary>
    public string? Problem() => BreakMinutes is < 1 or > LongestBreak
        ? "A break is proposed after 1 to 240 minutes."
        : new ReadingKeys(Keys).Problem();

    internal sealed class Configuration : IEntityTypeConfiguration<ReaderPreferences>
    {
        public void Configure(EntityTypeBuilder<ReaderPreferences> builder)
        {
            builder.HasKey(p => p.UserId);
            builder.Property(p => p.Language).HasMaxLength(10);
            builder.HasOne<AppUser>().WithOne().HasForeignKey<ReaderPreferences>(p => p.UserId);
            builder.Property(p => p.Keys).HasConversion(
                new JsonConverter<Dictionary<string, string>>(),
                new ValueComparer<Dictionary<string, string>>(
                    (one, other) => one!.Count == other!.Count && !one.Except(other).Any(),
                    keys => keys.Count,
                    keys => new Dictionary<string, string>(keys)));
        }
    }
}

/// <summary>Colours of the reading pages.</summary>
public enum ReadingTheme
{
    /// <summary>Near black: the image is the only bright thing.</summary>
    Dark,

    /// <summary>A dim, neutral grey that changes no colour of a stain.</summary>
    Grey,

    /// <summary>For bright rooms.</summary>
    Light,
}

/// <summary>Size of text.</summary>
public enum TextSize
{
    /// <summary>As elsewhere.</summary>
    Normal,

    /// <summary>An eighth larger.</summary>
    Large,

    /// <summary>A quarter larger.</summary>
    VeryLarge,
}
