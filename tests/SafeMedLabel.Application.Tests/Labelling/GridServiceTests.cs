using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Labelling;

public sealed class GridServiceTests : IAsyncLifetime
{
    private Workplace _workplace = null!;
    private List<Guid> _images = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private GridService Grids => _workplace.Get<GridService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        _images = await _workplace.AddImagesAsync(60);
        await _workplace.RankAsync(_images, heldBack: 4);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task A_grid_holds_images_of_one_proposed_class_the_surest_first_and_none_that_is_held_against_the_model()
    {
        var grid = await OpenAsync("ada", classIndex: 1);

        Assert.Equal((GridState.Ready, 1), (grid.State, grid.ClassIndex));
        Assert.Equal(_images.Where((_, i) => i % 2 == 1).Skip(2).Take(24), grid.Images.Select(i => i.Id));
    }

    [Fact]
    public async Task A_grid_holds_what_looks_most_like_the_image_that_the_model_is_surest_of()
    {
        // Every other one of the images of class 0 that may be in a grid, from the surest: two are held back.
        var alike = _images.Where((_, i) => i % 4 == 0).Skip(1).ToList();
        await using (var db = _workplace.Open())
        {
            await db.ModelOpinions.ExecuteUpdateAsync(set => set.SetProperty(o => o.Likeness, new byte[] { 200, 0 }), Cancellation);
            await db.ModelOpinions.Where(o => alike.Contains(o.ImageId)).ExecuteUpdateAsync(set => set.SetProperty(o => o.Likeness, new byte[] { 90, 90 }), Cancellation);
        }

        var grid = await OpenAsync("ada", classIndex: 0);

        Assert.Equal(alike, grid.Images.Take(alike.Count).Select(i => i.Id));
        Assert.Equal(24, grid.Images.Count);
        Assert.Equal(grid.Images, (await OpenAsync("ada", classIndex: 0)).Images);
    }

    [Fact]
    public async Task Grids_of_two_readers_share_no_image_with_each_other_or_with_the_queue()
    {
        var grid = await OpenAsync("ada");
        var other = await OpenAsync("ben");
        var queue = await _workplace.Labelling.OpenAsync(_workplace.ProjectId, "cyd", 24, Cancellation);

        var all = grid.Images.Concat(other.Images).Concat(queue.Images).Select(i => i.Id).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Equal(grid.Images, (await OpenAsync("ada")).Images);
    }

    [Fact]
    public async Task Each_confirmed_image_gets_a_prompted_label_of_its_own_and_the_exceptions_come_next_one_by_one()
    {
        var grid = await OpenAsync("ada");
        var exceptions = grid.Images.Take(2).Select(i => i.Id).ToList();

        Assert.Equal(22, (await SubmitAsync(grid, exceptions)).Value);

        await using var db = _workplace.Open();
        var events = await db.LabelEvents.ToListAsync(Cancellation);
        Assert.Equal(22, events.Select(e => e.ClientKey).Distinct().Count());
        Assert.All(events, e => Assert.Equal((AnswerKind.Label, 0, Aid.Prompted, QueueReason.Grid, 1000), (e.Kind, e.ClassIndex!.Value, e.Aid, e.Reason!.Value, e.ElapsedMilliseconds)));
        Assert.All(await db.Answers.ToListAsync(Cancellation), a => Assert.Null(a.UnaidedClassIndex));
        Assert.Equal(22, (await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, long.MaxValue, ConsensusRule.Majority, Cancellation)).Labels.Count);
        var next = await _workplace.Labelling.OpenAsync(_workplace.ProjectId, "ada", 4, Cancellation);
        Assert.Equal(exceptions.Order(), next.Images.Take(2).Select(i => i.Id).Order());
        Assert.DoesNotContain((await OpenAsync("ada")).Images, i => exceptions.Contains(i.Id));
    }

    [Fact]
    public async Task A_grid_that_is_sent_twice_is_stored_once()
    {
        var grid = await OpenAsync("ada");
        var key = Guid.NewGuid();

        await SubmitAsync(grid, [], key);
        Assert.Equal(24, (await SubmitAsync(grid, [], key)).Value);

        await using var db = _workplace.Open();
        Assert.Equal(24, await db.LabelEvents.CountAsync(Cancellation));
    }

    [Fact]
    public async Task An_image_that_went_to_a_colleague_meanwhile_is_not_stored_and_the_others_are()
    {
        var grid = await OpenAsync("ada");
        _workplace.Time.Advance(TimeSpan.FromMinutes(11));
        var taken = await _workplace.Labelling.OpenAsync(_workplace.ProjectId, "ben", 5, Cancellation);
        var lost = taken.Images.Count(i => grid.Images.Any(g => g.Id == i.Id));

        Assert.Equal((1, 23), (lost, (await SubmitAsync(grid, [])).Value));
    }

    [Fact]
    public async Task A_grid_of_which_every_image_went_to_a_colleague_is_refused_and_its_key_stays_free()
    {
        var grid = await OpenAsync("ada");
        var key = Guid.NewGuid();
        await using (var db = _workplace.Open())
        {
            await db.Leases.Where(l => l.ReaderId == "ada").ExecuteDeleteAsync(Cancellation);
        }

        Assert.Equal("These images were handed to colleagues meanwhile; none of your answers was stored.", (await SubmitAsync(grid, [], key)).Error);

        var again = await OpenAsync("ada");
        Assert.Equal(again.Images.Count, (await SubmitAsync(again, [], key)).Value);
    }

    [Fact]
    public async Task An_image_that_was_seen_in_a_grid_is_answered_as_prompted_whichever_way_the_answer_comes()
    {
        var grid = await OpenAsync("ada");

        Assert.Null((await _workplace.AnswerAsync("ada", grid.Images[0].Id)).Error);

        await using var db = _workplace.Open();
        Assert.Equal((Aid.Prompted, null), (await db.LabelEvents.Select(e => e.Aid).SingleAsync(Cancellation), await db.Answers.Select(a => a.UnaidedClassIndex).SingleAsync(Cancellation)));
    }

    [Fact]
    public async Task A_grid_is_taken_back_as_a_whole_and_is_there_again()
    {
        var grid = await OpenAsync("ada");
        var images = grid.Images.Select(i => i.Id).ToList();
        await SubmitAsync(grid, []);

        Assert.True((await Grids.TakeBackAsync(_workplace.ProjectId, "ada", images, Cancellation)).Succeeded);

        await using var db = _workplace.Open();
        Assert.Equal(0, await db.Answers.CountAsync(Cancellation));
        Assert.Equal(images, (await OpenAsync("ada")).Images.Select(i => i.Id));
    }

    [Fact]
    public async Task Another_class_gives_the_first_ones_images_back()
    {
        await OpenAsync("ada", classIndex: 0);
        var other = await OpenAsync("ada", classIndex: 1);

        await using var db = _workplace.Open();
        Assert.Equal(other.Images.Select(i => i.Id).Order(), (await db.Leases.Select(l => l.ImageId).ToListAsync(Cancellation)).Order());
        Assert.Equal(24, await db.Images.SumAsync(i => i.ReadingsTaken, Cancellation));
    }

    [Fact]
    public async Task A_reader_who_leaves_a_grid_reads_its_images_one_by_one_when_nothing_else_is_left()
    {
        var grid = await OpenAsync("ada", classIndex: 0);
        for (var i = 0; i < 36; i++)
        {
            await _workplace.AnswerNextAsync("ada");
        }

        Assert.Contains(await _workplace.NextAsync("ada"), grid.Images.Select(i => i.Id));
    }

    [Fact]
    public async Task There_is_no_grid_where_the_project_wants_none_where_no_round_has_ranked_or_where_several_are_to_read()
    {
        await _workplace.ChangeAsync(p => p.GridAllowed = false);
        Assert.Equal(GridState.SwitchedOff, (await OpenAsync("ada")).State);
        Assert.NotNull((await Grids.SubmitAsync(new GridRequest(_workplace.ProjectId, "ada", 0, [_images[9]], [], 0, Guid.NewGuid()), Cancellation)).Error);

        await _workplace.ChangeAsync(p => (p.GridAllowed, p.QueueRoundId) = (true, null));
        Assert.Equal(GridState.NoRound, (await OpenAsync("ada")).State);

        await using var db = _workplace.Open();
        await db.Images.ExecuteUpdateAsync(set => set.SetProperty(i => i.ReadingsWanted, 2), Cancellation);
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.QueueRoundId, 1), Cancellation);
        Assert.Equal(GridState.Finished, (await OpenAsync("ada")).State);
    }

    [Fact]
    public async Task Prompted_labels_say_nothing_of_how_far_readers_agree_or_how_fast_they_are()
    {
        await SubmitAsync(await OpenAsync("ada"), []);
        await _workplace.AnswerNextAsync("ada");

        var report = await _workplace.Get<ReaderReportService>().ReadAsync(_workplace.ProjectId, Cancellation);

        Assert.Equal((25, 0.8), (report.Readers[0].Labels, report.Readers[0].MedianSeconds));
    }

    private Task<GridView> OpenAsync(string reader, int? classIndex = null) => Grids.OpenAsync(_workplace.ProjectId, reader, classIndex, Cancellation);

    private Task<Result<int>> SubmitAsync(GridView grid, List<Guid> exceptions, Guid? key = null) => Grids.SubmitAsync(
        new GridRequest(
            _workplace.ProjectId,
            "ada",
            grid.ClassIndex,
            [.. grid.Images.Select(i => i.Id).Except(exceptions)],
            exceptions,
            1000 * (grid.Images.Count - exceptions.Count),
            key ?? Guid.NewGuid()),
        Cancellation);
}
