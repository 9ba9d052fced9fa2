using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Rounds;

/// <summary>The weights that a round begins with.</summary>
public sealed class BeginningTests : IAsyncLifetime
{
    private readonly ScriptedTrainer _trainer = new();
    private Workplace _workplace = null!;
    private string _lead = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await ScriptedRounds.CreateAsync(_trainer);
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.AddImagesAsync(20);
        await _workplace.LabelAsync("ada", 6);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Theory]
    [InlineData(Beginning.Random)]
    [InlineData(Beginning.ImageNet)]
    public async Task A_round_begins_with_what_its_project_says_and_remembers_it(Beginning beginning)
    {
        await _workplace.ChangeAsync(p => p.Beginning = beginning);
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);

        Assert.Equal((beginning, null), (_trainer.Task!.Beginning, _trainer.Task.BeginningModel));
        Assert.Equal((beginning, null), (round.Beginning, round.BeginningRound));
    }

    [Fact]
    public async Task A_new_project_begins_with_ImageNets_weights()
    {
        await ScriptedRounds.RunAsync(_workplace, _lead);

        Assert.Equal(Beginning.ImageNet, _trainer.Task!.Beginning);
    }

    [Fact]
    public async Task Without_an_active_model_to_begin_with_a_round_begins_with_ImageNets_weights()
    {
        await _workplace.ChangeAsync(p => p.Beginning = Beginning.ActiveModel);
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);

        Assert.Equal((Beginning.ImageNet, null), (round.Beginning, round.BeginningRound));
    }

    [Fact]
    public async Task A_round_begins_with_the_model_that_was_active_when_it_was_asked_for_and_again_when_it_is_run_again()
    {
        var first = await BeActiveAsync();
        var second = await ScriptedRounds.RunAsync(_workplace, _lead);
        Assert.Equal((RoundState.Completed, Beginning.ActiveModel, 1), (second.State, second.Beginning, second.BeginningRound));
        Assert.Equal(ModelOf(first), _trainer.Task!.BeginningModel);

        await _workplace.ChangeAsync(p => (p.Beginning, p.ActiveRoundId) = (Beginning.Random, second.Id));
        var again = await _workplace.Rounds.RunAgainAsync(second.Id, _lead, Cancellation);
        Assert.Null(again.Error);
        await _workplace.Get<RoundRunner>().RunAsync(again.Value, Cancellation);
        Assert.Equal((Beginning.ActiveModel, ModelOf(first)), (_trainer.Task!.Beginning, _trainer.Task.BeginningModel));
    }

    [Fact]
    public async Task A_round_does_not_begin_with_a_model_that_was_changed()
    {
        var first = await BeActiveAsync();
        await File.AppendAllTextAsync(ModelOf(first), "!", Cancellation);
        var second = await ScriptedRounds.RunAsync(_workplace, _lead);

        Assert.Equal(RoundState.Failed, second.State);
        Assert.StartsWith("The round was to begin with an earlier model. The model of round 1 is not what the round made", second.Error, StringComparison.Ordinal);
    }

    /// <summary>A round whose model is active, in a project whose rounds begin with it.</summary>
    private async Task<Round> BeActiveAsync()
    {
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);
        await _workplace.ChangeAsync(p => (p.Beginning, p.ActiveRoundId) = (Beginning.ActiveModel, round.Id));
        return round;
    }

    private string ModelOf(Round round) => Path.Combine(_workplace.Storage.ProjectFolder(_workplace.ProjectId), round.ModelFile!);
}
