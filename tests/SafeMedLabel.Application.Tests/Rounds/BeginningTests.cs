using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Monitoring;
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

        Assert.Equal((beginning, null), (_trainer.Task!.Beginning, _trainer.Task.BeginningFile));
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
        Assert.Equal(ModelOf(first), _trainer.Task!.BeginningFile);

        await _workplace.ChangeAsync(p => (p.Beginning, p.ActiveRoundId) = (Beginning.Random, second.Id));
        var again = await _workplace.Rounds.RunAgainAsync(second.Id, _lead, Cancellation);
        Assert.Null(again.Error);
        await _workplace.Get<RoundRunner>().RunAsync(again.Value, Cancellation);
        Assert.Equal((Beginning.ActiveModel, ModelOf(first)), (_trainer.Task!.Beginning, _trainer.Task.BeginningFile));
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

    [Fact]
    public async Task A_round_begins_with_the_file_that_its_project_names_and_remembers_its_name_and_hash()
    {
        await BeginWithFileAsync("own.safetensors", "weights");
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);

        var hash = ContentStore.Hash("weights"u8);
        Assert.Equal((RoundState.Completed, Beginning.File, "own.safetensors", hash), (round.State, round.Beginning, round.BeginningFile, round.BeginningFileHash));
        Assert.Equal((Beginning.File, PathOf("own.safetensors"), hash), (_trainer.Task!.Beginning, _trainer.Task.BeginningFile, _trainer.Task.BeginningFileHash));
        await using var db = _workplace.Open();
        var started = await db.AuditEntries.SingleAsync(e => e.Action == AuditAction.RoundStarted, Cancellation);
        Assert.Contains($"\"Beginning\":\"weights of own.safetensors (SHA-256 {hash})\"", started.After, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_round_that_is_run_again_begins_with_its_file_whatever_its_project_begins_with_now()
    {
        await BeginWithFileAsync("own.safetensors", "weights");
        var first = await ScriptedRounds.RunAsync(_workplace, _lead);
        await BeginWithFileAsync("other.pth", "other weights");
        var again = await _workplace.Rounds.RunAgainAsync(first.Id, _lead, Cancellation);
        Assert.Null(again.Error);
        await _workplace.Get<RoundRunner>().RunAsync(again.Value, Cancellation);

        var second = (await _workplace.Rounds.GetAsync(again.Value, Cancellation))!.Round;
        Assert.Equal((Beginning.File, first.BeginningFile, first.BeginningFileHash), (second.Beginning, second.BeginningFile, second.BeginningFileHash));
        Assert.Equal(PathOf("own.safetensors"), _trainer.Task!.BeginningFile);
    }

    [Fact]
    public async Task A_round_whose_file_was_changed_since_is_not_run_again()
    {
        await BeginWithFileAsync("own.safetensors", "weights");
        var first = await ScriptedRounds.RunAsync(_workplace, _lead);
        await File.AppendAllTextAsync(PathOf("own.safetensors"), "!", Cancellation);

        Assert.Equal(
            $"Round 1 began with the weights of own.safetensors (SHA-256 {first.BeginningFileHash![..8]}…), and the file of that name is another one now.",
            (await _workplace.Rounds.RunAgainAsync(first.Id, _lead, Cancellation)).Error);
        Assert.Single(await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation));
    }

    [Theory]
    [InlineData("own.safetensors", "There is no file 'own.safetensors' in the folder 'weights' of the storage; whoever runs the server can put it there.")]
    [InlineData("../own.safetensors", "A file of weights has a plain name of at most 100 letters, digits, dots, hyphens and underscores, and ends in .safetensors or .pth.")]
    [InlineData(null, "A file of weights has a plain name of at most 100 letters, digits, dots, hyphens and underscores, and ends in .safetensors or .pth.")]
    public async Task A_round_whose_file_is_not_there_is_refused_with_a_sentence_and_not_queued(string? name, string sentence)
    {
        await BeginWithFileAsync("gone.pth", "weights");
        await _workplace.ChangeAsync(p => p.BeginningFile = name);

        Assert.Equal(sentence, (await _workplace.Rounds.StartAsync(_workplace.ProjectId, _lead, Cancellation)).Error);
        Assert.Equal(sentence, (await _workplace.Rounds.StartAsync(_workplace.ProjectId, _lead, Guid.NewGuid(), Cancellation)).Error);
        Assert.Equal(sentence, (await _workplace.Rounds.StartAfterLabelsAsync(_workplace.ProjectId, 1, Cancellation)).Error);
        Assert.Empty(await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation));
    }

    [Fact]
    public async Task A_lead_is_told_once_by_an_alarm_where_rounds_do_not_start_by_themselves_for_want_of_their_file()
    {
        await BeginWithFileAsync("gone.pth", "weights");
        File.Delete(PathOf("gone.pth"));
        await _workplace.Rounds.StartAsync(_workplace.ProjectId, _lead, Cancellation);
        Assert.Empty(await AlarmsAsync());

        await _workplace.Rounds.StartAfterLabelsAsync(_workplace.ProjectId, 1, Cancellation);
        await _workplace.Rounds.StartAfterLabelsAsync(_workplace.ProjectId, 1, Cancellation);
        var alarm = Assert.Single(await AlarmsAsync());
        Assert.Equal(
            (AlarmKind.LostWeights, "Rounds do not start by themselves: There is no file 'gone.pth' in the folder 'weights' of the storage; whoever runs the server can put it there."),
            (alarm.Kind, alarm.Text));
    }

    [Fact]
    public async Task A_request_for_a_round_that_begins_with_a_file_is_done_once_however_often_it_is_sent()
    {
        await BeginWithFileAsync("own.safetensors", "weights");
        var key = Guid.NewGuid();
        var first = await _workplace.Rounds.StartAsync(_workplace.ProjectId, _lead, key, Cancellation);

        Assert.Equal(first, await _workplace.Rounds.StartAsync(_workplace.ProjectId, _lead, key, Cancellation));
        Assert.Single(await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation));
    }

    [Theory]
    [InlineData("gone", "There is no file 'own.safetensors' in the folder 'weights' of the storage; whoever runs the server can put it there.")]
    [InlineData("changed", "The file was changed since the round was asked for.")]
    [InlineData("linked", "'own.safetensors' in the folder 'weights' of the storage is a link or no real file; whoever runs the server can put the file itself there.")]
    public async Task A_round_does_not_begin_with_a_file_that_is_not_the_one_that_it_was_queued_with(string change, string sentence)
    {
        await BeginWithFileAsync("own.safetensors", "weights");
        var id = await ScriptedRounds.StartAsync(_workplace, _lead);
        var file = PathOf("own.safetensors");
        switch (change)
        {
            case "gone":
                File.Delete(file);
                break;
            case "changed":
                await File.AppendAllTextAsync(file, "!", Cancellation);
                break;
            default:
                File.Move(file, $"{file}.elsewhere");
                File.CreateSymbolicLink(file, $"{file}.elsewhere");
                break;
        }

        await _workplace.Get<RoundRunner>().RunAsync(id, Cancellation);

        var round = (await _workplace.Rounds.GetAsync(id, Cancellation))!.Round;
        Assert.Equal(RoundState.Failed, round.State);
        Assert.Equal($"The round was to begin with the weights of own.safetensors (SHA-256 {round.BeginningFileHash![..8]}…). {sentence}", round.Error);
        Assert.Null(_trainer.Task);
    }

    /// <summary>A file in the storage's folder of weights, in a project whose rounds begin with it.</summary>
    private async Task BeginWithFileAsync(string name, string content)
    {
        Directory.CreateDirectory(_workplace.Storage.WeightsFolder);
        await File.WriteAllTextAsync(PathOf(name), content, Cancellation);
        await _workplace.ChangeAsync(p => (p.Beginning, p.BeginningFile) = (Beginning.File, name));
    }

    private Task<IReadOnlyList<Alarm>> AlarmsAsync() => _workplace.Get<AlarmService>().ListAsync(_workplace.ProjectId, Cancellation);

    private string PathOf(string name) => Path.Combine(_workplace.Storage.WeightsFolder, name);

    /// <summary>A round whose model is active, in a project whose rounds begin with it.</summary>
    private async Task<Round> BeActiveAsync()
    {
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);
        await _workplace.ChangeAsync(p => (p.Beginning, p.ActiveRoundId) = (Beginning.ActiveModel, round.Id));
        return round;
    }

    private string ModelOf(Round round) => Path.Combine(_workplace.Storage.ProjectFolder(_workplace.ProjectId), round.ModelFile!);
}
