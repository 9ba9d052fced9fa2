using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Labelling;

public sealed class AdjudicationServiceTests : IAsyncLifetime
{
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AdjudicationService Adjudications => _workplace.Get<AdjudicationService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        await using var db = _workplace.Open();
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.ReadingsPerImage, 2), Cancellation);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Images_are_disputed_once_all_readings_are_in_and_none_has_the_majority()
    {
        var images = await _workplace.AddImagesAsync(4);
        await ReadAsync("ada", 0, 1, null, 0);
        Assert.Empty(await Adjudications.DisputedAsync(_workplace.ProjectId, Cancellation));

        await ReadAsync("ben", 1, 1, null, null);

        // One class and one 'unreadable' is no dispute: a reader could tell.
        var disputed = Assert.Single(await Adjudications.DisputedAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal(images[0], disputed.ImageId);
        Assert.Equal([0, 1], disputed.Readings.Order());
    }

    [Fact]
    public async Task Who_gave_a_reading_cannot_be_told_from_its_place()
    {
        await _workplace.AddImagesAsync(40);
        await ReadAsync("ada", [.. Enumerable.Repeat<int?>(0, 40)]);
        await ReadAsync("ben", [.. Enumerable.Repeat<int?>(1, 40)]);

        var disputed = await Adjudications.DisputedAsync(_workplace.ProjectId, Cancellation);

        // Six deviations of a binomial of 40 and a half; the same on every look.
        Assert.InRange(disputed.Count(d => d.Readings[0] == 0), 2, 38);
        Assert.Equal(disputed.Select(d => d.Readings[0]), (await Adjudications.DisputedAsync(_workplace.ProjectId, Cancellation)).Select(d => d.Readings[0]));
    }

    [Fact]
    public async Task A_decision_is_the_label_until_it_is_taken_back_and_an_earlier_snapshot_does_not_know_it()
    {
        var image = await DisputedAsync();
        await using var db = _workplace.Open();
        var before = await db.LabelEvents.MaxAsync(e => e.Id, Cancellation);

        Assert.Null((await DecideAsync(image, 1)).Error);
        Assert.Empty(await Adjudications.DisputedAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal(1, (await SnapshotAsync()).Labels[image]);
        Assert.Equal([image], (await SnapshotAsync(before)).Disputed);

        Assert.Equal(image, (await Adjudications.TakeBackAsync(_workplace.ProjectId, "lea", Cancellation)).Value);
        Assert.Equal([image], (await SnapshotAsync()).Disputed);
        Assert.Single(await Adjudications.DisputedAsync(_workplace.ProjectId, Cancellation));
    }

    [Fact]
    public async Task An_image_decided_to_be_unreadable_trains_nothing()
    {
        var image = await DisputedAsync();

        await DecideAsync(image, null);

        var snapshot = await SnapshotAsync();
        Assert.Equal([image], snapshot.Unreadable);
        Assert.Empty(snapshot.Labels);
    }

    [Fact]
    public async Task The_second_of_two_who_decide_the_same_image_is_told_and_the_first_sent_twice_is_not()
    {
        var image = await DisputedAsync();
        var key = Guid.NewGuid();
        Assert.Null((await DecideAsync(image, 1, "lea", key)).Error);

        Assert.Null((await DecideAsync(image, 1, "lea", key)).Error);
        Assert.Contains("colleague", (await DecideAsync(image, 0, "max")).Error, StringComparison.Ordinal);
        Assert.Equal(1, (await SnapshotAsync()).Labels[image]);
    }

    [Fact]
    public async Task What_cannot_be_decided_is_refused_with_a_sentence()
    {
        var unread = (await _workplace.AddImagesAsync(1))[0];

        Assert.Equal("This project has no such class.", (await DecideAsync(unread, 2)).Error);
        Assert.Equal("Nobody has read this image yet.", (await DecideAsync(unread, 1)).Error);
        Assert.Equal("There is nothing to take back.", (await Adjudications.TakeBackAsync(_workplace.ProjectId, "lea", Cancellation)).Error);
    }

    private async Task<Guid> DisputedAsync()
    {
        var image = (await _workplace.AddImagesAsync(1))[0];
        await ReadAsync("ada", 0);
        await ReadAsync("ben", 1);
        return image;
    }

    /// <summary>The reader's answers in queue order; null is 'unreadable'.</summary>
    private async Task ReadAsync(string reader, params int?[] classes)
    {
        foreach (var classIndex in classes)
        {
            await _workplace.AnswerNextAsync(reader, classIndex is null ? AnswerKind.Unreadable : AnswerKind.Label, classIndex);
        }
    }

    private Task<Result> DecideAsync(Guid image, int? classIndex, string adjudicator = "lea", Guid? key = null) =>
        Adjudications.DecideAsync(_workplace.ProjectId, image, adjudicator, classIndex, key ?? Guid.NewGuid(), Cancellation);

    private async Task<LabelSnapshot> SnapshotAsync(long lastEventId = long.MaxValue)
    {
        await using var db = _workplace.Open();
        return await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, lastEventId, ConsensusRule.Majority, Cancellation);
    }
}
