using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class PatientSpellingsTests : IDisposable
{
    private readonly ImportFixture _fixture = new();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _fixture.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("007", "7")]
    [InlineData("P1", "p1")]
    [InlineData("Ward 02, bed 3", "ward 2, BED 03")]
    [InlineData("Ｐ1", "P1")]
    public async Task A_dry_run_names_patients_that_differ_only_in_how_they_are_written(string one, string other)
    {
        Add("path,label,patient", $"1.png,a,\"{one}\"", $"2.png,b,\"{other}\"", "3.png,b,another");
        var import = await _fixture.ImportAsync(_folder.Path, Cancellation, isDryRun: true);
        string[] names = [one, other];
        Array.Sort(names, StringComparer.Ordinal);
        Assert.Equal([$"'{names[0]}', '{names[1]}' count as different patients; if they are one, write the name in one way."], import.Remarks);
    }

    [Theory]
    [InlineData("70", "7")]
    [InlineData("P10", "P1")]
    [InlineData("100", "1")]
    [InlineData("P1", "P 1")]
    public async Task Other_names_are_other_patients(string one, string other)
    {
        Add("path,label,patient", $"1.png,a,{one}", $"2.png,b,{other}", "3.png,b,");
        Assert.Empty((await _fixture.ImportAsync(_folder.Path, Cancellation, isDryRun: true)).Remarks!);
    }

    [Fact]
    public async Task They_are_held_against_those_of_the_project_too()
    {
        Add("path,label,patient", "1.png,a,P1", "2.png,b,P2");
        await _fixture.ImportAsync(_folder.Path, Cancellation);
        Add("path,label,patient", "3.png,a,p01");
        Assert.Equal(
            ["'P1', 'p01' count as different patients; if they are one, write the name in one way."],
            (await _fixture.ImportAsync(_folder.Path, Cancellation, isDryRun: true)).Remarks);
    }

    private void Add(params string[] lines)
    {
        for (var i = 1; i <= 3; i++)
        {
            _folder.Add($"{i}.png", Pictures.Png(i));
        }

        _folder.Add("manifest.csv", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines)));
    }
}
