using System.Text;
using FsCheck.Xunit;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

/// <summary>The table of what readers said elsewhere; what becomes of it is in the tests of exports, whose packages have it.</summary>
public sealed class ReadingTableTests : IDisposable
{
    private const string Header = "sha256,reader,answer,unaided_answer,answered_utc,seconds,aid,shown_because\n";
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Time = "2026-05-04T13:45:00Z";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData($"{Hash},Ada,a,,{Time},1.5,unaided,ranked", null)]
    [InlineData($"{Hash},Ada,,,{Time},,,", null)]
    [InlineData($"{Hash},Ada,a,b,2026-05-04 15:45+02:00,0,revealed,second_reading", null)]
    [InlineData($"9f86,Ada,a,,{Time},,,", "the SHA-256 has 64 hexadecimal digits.")]
    [InlineData($"{Hash},,a,,{Time},,,", "a reader has a name of at most 100 characters.")]
    [InlineData($"{Hash},Ada,a,,,,,", "the time is not one, as in 2026-05-04T13:45:00Z.")]
    [InlineData($"{Hash},Ada,a,,{Time},-1,,", "the seconds are not a number.")]
    [InlineData($"{Hash},Ada,a,,{Time},NaN,,", "the seconds are not a number.")]
    [InlineData($"{Hash},Ada,a,,{Time},3e9,,", "the seconds are not a number.")]
    [InlineData($"{Hash},Ada,a,,{Time},,guessed,", "'aid' or 'shown_because' is no word that this program knows.")]
    [InlineData($"{Hash},Ada,a,,{Time},,,7", "'aid' or 'shown_because' is no word that this program knows.")]
    public void A_line_is_taken_or_left_out_with_its_number_and_a_reason(string line, string? reason)
    {
        using var source = Open(Header + line);
        Assert.Equal(reason is null ? null : $"Line 2: {reason}", source.Rejected.SingleOrDefault()?.Reason);
        Assert.Equal("1.png", Assert.Single(source.Files).Path);
    }

    [Fact]
    public void Classes_that_only_readers_name_are_classes_of_the_data_set_and_a_picture_keeps_the_one_apart_from_them()
    {
        using var source = Open($"{Header}{Hash},Ada,b,c,{Time},,,", "path,label,reference\n1.png,a,\n");
        Assert.Equal(["a", "b", "c"], source.ClassNames);
        Assert.Null(Assert.Single(source.Files).ClassName);
    }

    [Theory]
    [InlineData("", "The table of readings is empty.")]
    [InlineData("sha256,reader,answer\n", "The table of readings has no column 'answered_utc'; its first line names sha256, reader, answer.")]
    public void What_is_no_such_table_is_refused_in_a_sentence(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<DatasetException>(() => Open(text)).Message);

    [Property(MaxTest = 200)]
    public void Whatever_stands_in_it_ends_in_readings_and_reasons_or_in_a_sentence(string?[] fields, char delimiter)
    {
        try
        {
            using var source = Open(Header + string.Join(delimiter, fields));
            Assert.All(source.Rejected, r => Assert.EndsWith(".", r.Reason, StringComparison.Ordinal));
        }
        catch (DatasetException refused)
        {
            Assert.Matches("[.?]$", refused.Message);
        }
    }

    private DatasetSource Open(string readings, string manifest = "path,label\n1.png,a\n")
    {
        _folder.Add("1.png", Pictures.Png(1));
        _folder.Add("manifest.csv", Encoding.UTF8.GetBytes(manifest));
        _folder.Add("readings.csv", Encoding.UTF8.GetBytes(readings));
        return DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
    }
}
