using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Rounds;

public sealed class PromotionServiceTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private const string Reason = "Compared by hand on 500 cells of March.";

    private Workplace _workplace = null!;
    private string _lead = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task A_signature_with_a_reason_makes_a_failed_model_active_and_stays_to_be_read()
    {
        var round = await AddRoundAsync(1, GateVerdict.Fail);

        Assert.Null((await OverrideAsync(round, $"  {Reason} ")).Error);

        var standing = (await StandingAsync())!;
        Assert.Equal((round, PromotionKind.Override, "Lea", Reason), (standing.Active.Id, standing.Promotion.Kind, standing.OverrideBy, standing.Override!.Reason));
        Assert.Null(standing.PreviousNumber);
    }

    [Theory]
    [InlineData("", Password, "Please give a reason of 10 to 1,000 characters.")]
    [InlineData("Compared by hand\non \u202E500 cells.", Password, "A reason may not hold U+202E, which cannot be seen or changes how text is read.")]
    [InlineData("  too short  ", Password, "Please give a reason of 10 to 1,000 characters.")]
    [InlineData(Reason, "wrong horse battery", "This is not your password.")]
    public async Task No_override_without_a_reason_and_the_signers_password(string reason, string password, string sentence)
    {
        var round = await AddRoundAsync(1, GateVerdict.Fail);

        Assert.Equal(sentence, (await OverrideAsync(round, reason, password)).Error);
        Assert.Null(await StandingAsync());
    }

    [Fact]
    public async Task Wrong_passwords_lock_the_signature_as_they_lock_the_sign_in()
    {
        var round = await AddRoundAsync(1, GateVerdict.Fail);
        for (var i = 0; i < 8; i++)
        {
            await OverrideAsync(round, Reason, "wrong horse battery");
        }

        Assert.Equal("Too many wrong passwords; please try again later.", (await OverrideAsync(round, Reason)).Error);
        Assert.Null(await StandingAsync());
    }

    [Fact]
    public async Task A_pathologist_changes_the_active_model_in_no_way()
    {
        var pathologist = await _workplace.AddUserAsync("Pat", Roles.Pathologist);
        var (first, second) = (await AddRoundAsync(1, GateVerdict.Fail), await AddRoundAsync(2, GateVerdict.Fail));
        await OverrideAsync(first, Reason);

        Assert.Contains("Only a lead", (await CallAsync(p => p.OverrideAsync(_workplace.ProjectId, second, pathologist, Reason, Password, Cancellation))).Error, StringComparison.Ordinal);
        Assert.Contains("Only a lead", (await CallAsync(p => p.RollBackAsync(_workplace.ProjectId, first, pathologist, Cancellation))).Error, StringComparison.Ordinal);
        Assert.Equal(first, (await StandingAsync())!.Active.Id);
    }

    [Fact]
    public async Task A_round_without_a_model_and_the_round_of_another_project_cannot_be_signed_for()
    {
        var failed = await AddRoundAsync(1, null, RoundState.Failed);
        await using var db = _workplace.Open();
        var other = new Project { Name = "Another", Classes = [new ProjectClass { Index = 0, Name = "A" }, new ProjectClass { Index = 1, Name = "B" }] };
        db.Projects.Add(other);
        await db.SaveChangesAsync(Cancellation);
        var foreign = new Round { ProjectId = other.Id, Number = 1, Method = "supervised", State = RoundState.Completed, ModelFile = "round-1.safetensors" };
        db.Rounds.Add(foreign);
        await db.SaveChangesAsync(Cancellation);

        Assert.Equal("This round has no model.", (await OverrideAsync(failed, Reason)).Error);
        Assert.Equal("This round has no model.", (await OverrideAsync(foreign.Id, Reason)).Error);
        Assert.Null(await StandingAsync());
    }

    [Fact]
    public async Task One_click_goes_back_to_the_model_before_and_a_second_click_of_the_same_person_goes_no_further()
    {
        var (first, second, third) = (await AddRoundAsync(1, GateVerdict.Pass), await AddRoundAsync(2, GateVerdict.Fail), await AddRoundAsync(3, GateVerdict.Fail));
        foreach (var round in (int[])[first, second, third])
        {
            await OverrideAsync(round, Reason);
        }

        Assert.Null((await RollBackAsync(third)).Error);
        Assert.Equal("The active model has changed in the meantime.", (await RollBackAsync(third)).Error);

        var standing = (await StandingAsync())!;
        Assert.Equal((second, PromotionKind.RollBack, "Lea", 1), (standing.Active.Id, standing.Promotion.Kind, standing.By, standing.PreviousNumber!.Value));
    }

    [Fact]
    public async Task Who_goes_back_to_an_overridden_model_still_reads_its_override()
    {
        var (first, second) = (await AddRoundAsync(1, GateVerdict.Fail), await AddRoundAsync(2, GateVerdict.Fail));
        await OverrideAsync(first, Reason);
        await OverrideAsync(second, "Another reason, for the second.");

        await RollBackAsync(second);

        Assert.Equal((Reason, "Lea"), ((await StandingAsync())!.Override!.Reason, (await StandingAsync())!.OverrideBy));
    }

    [Fact]
    public async Task Going_back_from_the_first_model_leaves_none_and_going_back_again_and_again_ends_there()
    {
        var (first, second) = (await AddRoundAsync(1, GateVerdict.Fail), await AddRoundAsync(2, GateVerdict.Fail));
        await OverrideAsync(first, Reason);
        await OverrideAsync(second, Reason);

        await RollBackAsync(second);
        await RollBackAsync(first);

        Assert.Null(await StandingAsync());
        Assert.Equal("The active model has changed in the meantime.", (await RollBackAsync(first)).Error);
    }

    [Fact]
    public async Task The_active_model_cannot_be_signed_for_again()
    {
        var round = await AddRoundAsync(1, GateVerdict.Fail);
        await OverrideAsync(round, Reason);

        Assert.Equal("This model is the active one already.", (await OverrideAsync(round, Reason)).Error);
    }

    [Fact]
    public async Task A_certificate_is_no_longer_valid_once_images_came_in_after_it_was_measured()
    {
        await OverrideAsync(await AddRoundAsync(1, GateVerdict.Fail), Reason);
        await _workplace.AddImagesAsync(3);
        await SetImportEndAsync(-1);
        Assert.False((await StandingAsync())!.DataChanged);

        await SetImportEndAsync(1);
        Assert.True((await StandingAsync())!.DataChanged);
    }

    private async Task SetImportEndAsync(int minutes)
    {
        await using var db = _workplace.Open();
        await db.Imports.ExecuteUpdateAsync(set => set.SetProperty(i => i.FinishedUtc, _workplace.Time.GetUtcNow().UtcDateTime.AddMinutes(minutes)), Cancellation);
    }

    private async Task<int> AddRoundAsync(int number, GateVerdict? verdict, RoundState state = RoundState.Completed)
    {
        await using var db = _workplace.Open();
        var round = new Round
        {
            ProjectId = _workplace.ProjectId,
            Number = number,
            Method = "safemed-ssl",
            State = state,
            FinishedUtc = _workplace.Time.GetUtcNow().UtcDateTime,
            ModelFile = state == RoundState.Completed ? $"round-{number}.safetensors" : null,
            Gate = verdict is { } known ? new GateReport(known, 0.9, 200, 10, []) : null,
        };
        if (round.ModelFile is not null)
        {
            RoundModels.Leave(_workplace.Storage, round);
        }

        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        return round.Id;
    }

    private Task<Result> OverrideAsync(int round, string reason, string password = Password) =>
        CallAsync(p => p.OverrideAsync(_workplace.ProjectId, round, _lead, reason, password, Cancellation));

    private Task<Result> RollBackAsync(int from) => CallAsync(p => p.RollBackAsync(_workplace.ProjectId, from, _lead, Cancellation));

    private Task<ModelStanding?> StandingAsync() => _workplace.WithAsync<PromotionService, ModelStanding?>(p => p.ActiveAsync(_workplace.ProjectId, Cancellation));

    private Task<Result> CallAsync(Func<PromotionService, Task<Result>> call) => _workplace.WithAsync(call);
}
