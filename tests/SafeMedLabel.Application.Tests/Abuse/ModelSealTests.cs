using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Models whose file somebody has changed, exchanged or taken away since their round made it.</summary>
public sealed class ModelSealTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private const string Unsealed = "The model of round 1 was never sealed, so that nobody can tell whether it was changed; please train again.";
    private const string Gone = "The model of round 1 is no longer where the round left it; please restore it from a backup.";
    private const string Changed = "The model of round 1 is not what the round made: its file was changed; please restore it from a backup, or train again.";

    private readonly ScriptedTrainer _trainer = new();
    private Workplace _workplace = null!;
    private string _lead = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await ScriptedRounds.CreateAsync(_trainer);
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Theory]
    [InlineData("as it was", null)]
    [InlineData("changed", Changed)]
    [InlineData("exchanged for one as long", Changed)]
    [InlineData("emptied", Changed)]
    [InlineData("gone", Gone)]
    [InlineData("never sealed", Unsealed)]
    [InlineData("named elsewhere", Gone)]
    public async Task A_model_that_is_not_what_its_round_made_cannot_be_signed_for(string what, string? sentence)
    {
        var (round, path) = await AddRoundAsync();
        await SpoilAsync(path, what);

        Assert.Equal(sentence, await SignAsync(round));
        await using var db = _workplace.Open();
        Assert.Equal(sentence is null ? round : null, (await db.Projects.SingleAsync(Cancellation)).ActiveRoundId);
    }

    [Fact]
    public async Task A_round_seals_what_it_made()
    {
        await PrepareRoundAsync();
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);

        Assert.Equal(ContentStore.Hash("model"u8), round.ModelHash);
    }

    [Fact]
    public async Task The_gate_stays_closed_where_the_active_model_was_changed()
    {
        await PrepareRoundAsync();
        var first = await ScriptedRounds.RunAsync(_workplace, _lead);
        await _workplace.ChangeAsync(p => p.ActiveRoundId = first.Id);
        await File.WriteAllTextAsync(Path.Combine(_workplace.Storage.ProjectFolder(_workplace.ProjectId), first.ModelFile!), "Model", Cancellation);

        var second = await ScriptedRounds.RunAsync(_workplace, _lead);

        Assert.Equal((RoundState.Completed, GateVerdict.InsufficientEvidence), (second.State, second.Gate!.Verdict));
        Assert.Contains(Changed, second.Gate.Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_of_an_early_version_are_sealed_as_they_are_at_its_first_start_and_what_was_missing_then_is_never_believed()
    {
        var (there, path) = await AddRoundAsync();
        var (missing, gone) = await AddRoundAsync(number: 2);
        await using (var db = _workplace.Open())
        {
            await db.Rounds.ExecuteUpdateAsync(set => set.SetProperty(r => r.ModelHash, (string?)null), Cancellation);
        }

        File.Delete(gone);
        await _workplace.Get<DatabaseStarter>().StartAsync(Cancellation);
        await File.WriteAllTextAsync(gone, "brought by a stranger", Cancellation);
        await File.AppendAllTextAsync(path, "!", Cancellation);
        await _workplace.Get<DatabaseStarter>().StartAsync(Cancellation);

        Assert.Equal(Changed, await SignAsync(there));
        Assert.StartsWith("The model of round 2 was never sealed", await SignAsync(missing), StringComparison.Ordinal);
    }

    private async Task PrepareRoundAsync()
    {
        await _workplace.AddImagesAsync(6);
        await _workplace.AddImagesAsync(4, DataSplit.Test);
        await _workplace.LabelAsync("rita", 4);
    }

    private async Task SpoilAsync(string path, string what)
    {
        await using var db = _workplace.Open();
        switch (what)
        {
            case "changed":
                await File.AppendAllTextAsync(path, "!", Cancellation);
                break;
            case "exchanged for one as long":
                await File.WriteAllTextAsync(path, new string('x', (int)new FileInfo(path).Length), Cancellation);
                break;
            case "emptied":
                await File.WriteAllTextAsync(path, "", Cancellation);
                break;
            case "gone":
                File.Delete(path);
                break;
            case "never sealed":
                await db.Rounds.ExecuteUpdateAsync(set => set.SetProperty(r => r.ModelHash, (string?)null), Cancellation);
                break;
            case "named elsewhere":
                await db.Rounds.ExecuteUpdateAsync(set => set.SetProperty(r => r.ModelFile, "../1/round-1.safetensors"), Cancellation);
                break;
        }
    }

    private async Task<string?> SignAsync(int round) => (await _workplace.WithAsync<PromotionService, Result>(
        p => p.OverrideAsync(_workplace.ProjectId, round, _lead, "Compared by hand on 500 cells of March.", Password, Cancellation))).Error;

    private async Task<(int Id, string Path)> AddRoundAsync(int number = 1)
    {
        await using var db = _workplace.Open();
        var round = new Round
        {
            ProjectId = _workplace.ProjectId,
            Number = number,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            ModelFile = $"round-{number}.safetensors",
        };
        var path = RoundModels.Leave(_workplace.Storage, round);
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        return (round.Id, path);
    }
}
