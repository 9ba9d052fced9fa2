using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

public sealed class SilentFailureTests : IAsyncLifetime
{
    private readonly ScriptedTrainer _trainer = new();
    private Workplace _workplace = null!;
    private string _lead = "";
    private List<Guid> _test = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AdjudicationService Adjudications => _workplace.Get<AdjudicationService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await ScriptedRounds.CreateAsync(_trainer);
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.AddImagesAsync(12);
        // Of classes 0 and 1 in turn; the scripted model takes all for 0, at 0.97.
        _test = await _workplace.AddImagesAsync(10, DataSplit.Test);
        await _workplace.LabelAsync("ada", 4);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task The_test_images_that_a_round_is_wrong_and_sure_about_are_shown_and_the_new_ones_first()
    {
        var first = await RunAsync();
        Assert.All(await ListAsync(first), f => Assert.True(f.IsNew));

        // The next one is right about one of them, and wrong about another that its predecessor had right.
        var (mended, spoilt) = (await RowAsync(_test[1]), await RowAsync(_test[0]));
        _trainer.Answer = (_, row) => row == mended || row == spoilt ? [0.01, 0.99] : [0.97, 0.03];
        var failures = await ListAsync(await RunAsync());

        Assert.Equal([_test[0], _test[3], _test[5], _test[7], _test[9]], failures.Select(f => f.ImageId).OrderBy(_test.IndexOf));
        var added = failures.Single(f => f.IsNew);
        Assert.Equal((_test[0], 1, 0, (double)0.99f), (added.ImageId, added.ClassIndex, added.ReferenceClass, added.Confidence));
        Assert.Equal(added, failures[0]);
    }

    [Fact]
    public async Task A_mistake_below_the_threshold_is_no_silent_failure()
    {
        _trainer.Answer = (_, _) => [0.8, 0.2];

        Assert.Empty(await ListAsync(await RunAsync()));
    }

    [Fact]
    public async Task What_the_model_saw_its_evidence_in_is_kept_of_its_silent_failures_alone()
    {
        var round = await RunAsync();
        var service = _workplace.Get<SilentFailureService>();

        Assert.All(await ListAsync(round), f => Assert.True(f.HasAttribution));
        // The scripted map begins with the row and the class that was named.
        await using var db = _workplace.Open();
        var map = await db.TestPredictions.Where(p => p.ImageId == _test[1]).Select(p => p.Attribution).SingleAsync(Cancellation);
        Assert.Equal(((byte)await RowAsync(_test[1]), (byte)0), (map[0], map[1]));
        Assert.NotEmpty((await service.AttributionAsync(round.Id, _test[1], Cancellation))!);
        Assert.Null(await service.AttributionAsync(round.Id, _test[0], Cancellation));
        Assert.Null(await service.AttributionAsync(round.Id + 1, _test[1], Cancellation));
    }

    [Fact]
    public async Task A_doubted_reference_is_adjudicated_blindly_and_what_is_decided_counts_from_the_next_round_on()
    {
        var round = await RunAsync();
        Assert.Null((await Adjudications.DoubtAsync(_workplace.ProjectId, _test[1], _lead, Cancellation)).Error);
        Assert.Null((await Adjudications.DoubtAsync(_workplace.ProjectId, _test[1], _lead, Cancellation)).Error);

        var disputed = Assert.Single(await Adjudications.DisputedAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal(_test[1], disputed.ImageId);
        Assert.Empty(disputed.Readings);
        Assert.Equal(ReferenceState.Doubted, (await ListAsync(round)).Single(f => f.ImageId == _test[1]).State);

        Assert.Null((await Adjudications.DecideAsync(_workplace.ProjectId, _test[1], _lead, 0, Guid.NewGuid(), Cancellation)).Error);

        var failure = (await ListAsync(round)).Single(f => f.ImageId == _test[1]);
        Assert.Equal((ReferenceState.Decided, 0, 1), (failure.State, failure.DecidedClass!.Value, failure.ReferenceClass));
        Assert.Equal((0.5, 0.6), (round.Accuracy!.Value, (await RunAsync()).Accuracy!.Value));
        await using var db = _workplace.Open();
        Assert.Equal(1, await db.Images.Where(i => i.Id == _test[1]).Select(i => i.ReferenceClass).SingleAsync(Cancellation));
    }

    [Fact]
    public async Task A_test_image_that_is_decided_to_be_unreadable_is_measured_no_more()
    {
        await Adjudications.DoubtAsync(_workplace.ProjectId, _test[1], _lead, Cancellation);
        await Adjudications.DecideAsync(_workplace.ProjectId, _test[1], _lead, null, Guid.NewGuid(), Cancellation);

        Assert.Equal(9, (await RunAsync()).TestCount);
    }

    [Fact]
    public async Task A_doubt_is_withdrawn_until_it_is_decided_and_not_after()
    {
        await Adjudications.DoubtAsync(_workplace.ProjectId, _test[1], _lead, Cancellation);
        Assert.Null((await Adjudications.WithdrawDoubtAsync(_workplace.ProjectId, _test[1], Cancellation)).Error);
        Assert.Empty(await Adjudications.DisputedAsync(_workplace.ProjectId, Cancellation));

        await Adjudications.DoubtAsync(_workplace.ProjectId, _test[1], _lead, Cancellation);
        await Adjudications.DecideAsync(_workplace.ProjectId, _test[1], _lead, 0, Guid.NewGuid(), Cancellation);
        Assert.NotNull((await Adjudications.WithdrawDoubtAsync(_workplace.ProjectId, _test[1], Cancellation)).Error);
        Assert.Equal("This image has been decided already.", (await Adjudications.DoubtAsync(_workplace.ProjectId, _test[1], _lead, Cancellation)).Error);
    }

    [Fact]
    public async Task An_image_that_readers_are_asked_about_is_not_doubted_past_them()
    {
        await using var db = _workplace.Open();
        var training = await db.Images.Where(i => i.Split == DataSplit.Training).Select(i => i.Id).FirstAsync(Cancellation);

        Assert.NotNull((await Adjudications.DoubtAsync(_workplace.ProjectId, training, _lead, Cancellation)).Error);
        Assert.NotNull((await Adjudications.DoubtAsync(_workplace.ProjectId + 1, _test[0], _lead, Cancellation)).Error);
        Assert.NotNull((await Adjudications.DecideAsync(_workplace.ProjectId, _test[0], _lead, 0, Guid.NewGuid(), Cancellation)).Error);
    }

    private async Task<int> RowAsync(Guid image)
    {
        await using var db = _workplace.Open();
        return (await db.Images.OrderBy(i => i.ContentHash).Select(i => i.Id).ToListAsync(Cancellation)).IndexOf(image);
    }

    private async Task<List<SilentFailure>> ListAsync(Round round)
    {
        var detail = (await _workplace.Rounds.GetAsync(round.Id, Cancellation))!;
        return [.. (await _workplace.Get<SilentFailureService>().ListAsync(detail, Cancellation)).SelectMany(g => g)];
    }

    private Task<Round> RunAsync() => ScriptedRounds.RunAsync(_workplace, _lead);
}
