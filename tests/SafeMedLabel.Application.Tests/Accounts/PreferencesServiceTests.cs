using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Accounts;

public sealed class PreferencesServiceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Preferences_are_kept_with_the_account_and_each_has_their_own()
    {
        await using var workplace = await Workplace.CreateAsync();
        var (ada, ben) = (await workplace.AddUserAsync("Ada", Roles.Pathologist), await workplace.AddUserAsync("Ben", Roles.Pathologist));
        var service = workplace.Get<PreferencesService>();
        for (var time = 0; time < 2; time++)
        {
            var wanted = new ReaderPreferences
            {
                UserId = ada,
                Theme = ReadingTheme.Grey,
                TextSize = TextSize.Large,
                Language = "sw",
                BreakMinutes = null,
                Keys = new() { ["skip"] = time == 0 ? "y" : "x" },
            };
            Assert.Null((await service.SaveAsync(wanted, Cancellation)).Error);
        }

        var kept = await service.GetAsync(ada, Cancellation);
        Assert.Equal((ReadingTheme.Grey, TextSize.Large, "sw", null), (kept.Theme, kept.TextSize, kept.Language, kept.BreakMinutes));
        Assert.Equal("x", new ReadingKeys(kept.Keys)["skip"]);
        var usual = await service.GetAsync(ben, Cancellation);
        Assert.Equal((ReadingTheme.Dark, 45, 0), (usual.Theme, usual.BreakMinutes!.Value, usual.Keys.Count));
    }

    [Theory]
    [InlineData("skip", "f", "stands for two things")]
    [InlineData("skip", "ab", "cannot be a key")]
    [InlineData("skip", "", "cannot be a key")]
    [InlineData("why", "+", "cannot be a key")]
    [InlineData("class1", "a", null)]
    [InlineData("nonsense", "f", null)]
    public void A_key_stands_for_one_thing_and_is_one_that_can_be_pressed(string command, string key, string? problem)
    {
        var found = new ReadingKeys(new Dictionary<string, string> { [command] = key }).Problem();

        Assert.Equal(problem is null, found is null);
        Assert.Contains(problem ?? "", found ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(240, true)]
    [InlineData(241, false)]
    public void A_break_comes_after_1_to_240_minutes(int minutes, bool fits) =>
        Assert.Equal(fits, new ReaderPreferences { UserId = "ada", BreakMinutes = minutes }.Problem() is null);
}
