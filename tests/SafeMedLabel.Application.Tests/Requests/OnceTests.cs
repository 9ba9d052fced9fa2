using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Requests;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Requests;

/// <summary>What a client asks for under a key of its own is done once, and the key counts for nothing else.</summary>
public sealed class OnceTests : IAsyncLifetime
{
    private const string Ada = "ada";
    private const string Ben = "ben";

    private readonly TemporaryFolder _cells = new();
    private readonly Guid _key = Guid.NewGuid();
    private Workplace _workplace = null!;

    public static TheoryData<RequestKind> Kinds { get; } = [.. Enum.GetValues<RequestKind>()];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Project => _workplace.ProjectId;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        await _workplace.ChangeAsync(p => p.RevealAllowed = true);
        _cells.Add("a/C3thin_3.png", Pictures.Png(103));
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _cells.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_request_sent_again_is_answered_as_the_first_time_and_its_key_counts_for_nothing_else(RequestKind kind)
    {
        var (same, others) = await RequestAsync(kind);
        var before = await StoredAsync();

        var first = await same();

        Assert.Null(first.Error);
        var stored = await StoredAsync();
        Assert.Equal(before + 1, stored);
        Assert.Equal(first, await same());
        foreach (var (what, other) in others)
        {
            Assert.True((await other()).IsKeyTaken, $"The key counts for {what}.");
        }

        Assert.Equal(first, await same());
        Assert.Equal(stored, await StoredAsync());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Of_one_request_that_comes_many_times_at_once_one_is_done_and_all_are_answered_alike(RequestKind kind)
    {
        var (same, _) = await RequestAsync(kind);
        var before = await StoredAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(same, Cancellation)));

        Assert.Null(Assert.Single(answers.Distinct()).Error);
        Assert.Equal(before + 1, await StoredAsync());
    }

    [Fact]
    public async Task What_was_refused_leaves_its_key_free()
    {
        var images = await _workplace.AddImagesAsync(2);

        Assert.Contains("handed to a colleague", (await _workplace.AnswerAsync(Ada, images[0], clientKey: _key)).Error, StringComparison.Ordinal);

        Assert.Null((await _workplace.AnswerAsync(Ada, await _workplace.NextAsync(Ada), classIndex: 1, clientKey: _key)).Error);
    }

    [Fact]
    public async Task An_answer_that_is_pressed_again_took_longer_and_is_the_same_and_a_programs_is_another_request()
    {
        await _workplace.AddImagesAsync(2);
        var pressed = new AnswerRequest(Project, await _workplace.NextAsync(Ada), Ada, AnswerKind.Label, 1, 800, _key);
        Assert.Null((await _workplace.Labelling.AnswerAsync(pressed, Cancellation)).Error);
        var sent = new AnswerRequest(Project, await _workplace.NextAsync(Ada), Ada, AnswerKind.Label, 1, 800, Guid.NewGuid()) { TimeCounts = true };
        Assert.Null((await _workplace.Labelling.AnswerAsync(sent, Cancellation)).Error);

        Assert.Null((await _workplace.Labelling.AnswerAsync(pressed with { ElapsedMilliseconds = 900 }, Cancellation)).Error);
        Assert.True((await _workplace.Labelling.AnswerAsync(sent with { ElapsedMilliseconds = 900 }, Cancellation)).IsKeyTaken);
    }

    [Fact]
    public async Task The_key_of_an_event_that_the_program_wrote_itself_counts_for_no_request()
    {
        await _workplace.AddImagesAsync(2);
        await _workplace.AnswerNextAsync(Ada);
        Assert.Null((await _workplace.Labelling.UndoAsync(Project, Ada, Cancellation)).Error);
        await using var db = _workplace.Open();
        var undo = await db.LabelEvents.Where(e => e.Kind == AnswerKind.Undo).Select(e => e.ClientKey).SingleAsync(Cancellation);

        Assert.True((await _workplace.AnswerAsync(Ada, await _workplace.NextAsync(Ada), clientKey: undo)).IsKeyTaken);
    }

    [Fact]
    public async Task A_key_that_an_earlier_version_kept_starts_nothing_again()
    {
        await _workplace.AddImagesAsync(2);
        await using (var db = _workplace.Open())
        {
            var migrator = db.GetService<IMigrator>();
            await migrator.MigrateAsync("Patches", Cancellation);
            await db.Database.ExecuteSqlAsync($"UPDATE Imports SET ClientKey = {_key}", Cancellation);
            await migrator.MigrateAsync(cancellationToken: Cancellation);
        }

        Assert.True((await ExportAsync(Ada, _key, ExportFormat.Csv)).IsKeyTaken);
        await using var read = _workplace.Open();
        Assert.Equal((1, 2), (await read.Imports.CountAsync(Cancellation), await read.Images.CountAsync(Cancellation)));
    }

    /// <summary>A request under the test's key, and others under the same.</summary>
    private async Task<(Func<Task<Result<int>>> Same, List<(string What, Func<Task<Result<int>>> Send)> Others)> RequestAsync(RequestKind kind)
    {
        var images = await _workplace.AddImagesAsync(60);
        await _workplace.RankAsync(images);
        var elsewhere = await AddProjectAsync();
        var (send, variants) = kind switch
        {
            RequestKind.Answer => await AnswersAsync(elsewhere),
            RequestKind.Revision => await RevisionsAsync(elsewhere),
            RequestKind.Decision => await DecisionsAsync(elsewhere),
            RequestKind.Grid => await GridsAsync(elsewhere),
            RequestKind.Round => await RoundsAsync(elsewhere),
            RequestKind.Import => Imports(elsewhere),
            _ => Exports(elsewhere),
        };
        if (kind != RequestKind.Export)
        {
            variants.Add(("another kind of request", () => ExportAsync(Ada, _key, ExportFormat.Csv)));
        }

        return (send, variants);
    }

    private async Task<(Func<Task<Result<int>>>, List<(string, Func<Task<Result<int>>>)>)> AnswersAsync(int elsewhere)
    {
        var held = (await _workplace.Labelling.OpenAsync(Project, Ada, 2, Cancellation)).Images;
        var bens = (await _workplace.Labelling.OpenAsync(Project, Ben, 1, Cancellation)).Images[0].Id;
        var request = new AnswerRequest(Project, held[0].Id, Ada, AnswerKind.Label, 1, 800, _key);
        Func<Task<Result<int>>> Send(AnswerRequest sent) => async () => Untold(await _workplace.Labelling.AnswerAsync(sent, Cancellation));
        return (Send(request),
        [
            ("another image", Send(request with { ImageId = held[1].Id })),
            ("another class", Send(request with { ClassIndex = 0 })),
            ("another kind of answer", Send(request with { Kind = AnswerKind.Skip, ClassIndex = null })),
            ("another person", Send(request with { ReaderId = Ben })),
            ("another person's image", Send(request with { ReaderId = Ben, ImageId = bens })),
            ("another project", Send(request with { ProjectId = elsewhere })),
            ("a revision", async () => Untold(await _workplace.Get<SecondLookService>().ReviseAsync(request, Cancellation))),
        ]);
    }

    private async Task<(Func<Task<Result<int>>>, List<(string, Func<Task<Result<int>>>)>)> RevisionsAsync(int elsewhere)
    {
        var looks = _workplace.Get<SecondLookService>();
        var (image, other) = (await _workplace.AnswerNextAsync(Ada, classIndex: 0), await _workplace.AnswerNextAsync(Ada, classIndex: 0));
        Assert.Null((await looks.RevealAsync(Project, image, Ada, Cancellation)).Error);
        Assert.Null((await looks.RevealAsync(Project, other, Ada, Cancellation)).Error);
        var request = new AnswerRequest(Project, image, Ada, AnswerKind.Label, 1, 800, _key);
        Func<Task<Result<int>>> Send(AnswerRequest sent) => async () => Untold(await looks.ReviseAsync(sent, Cancellation));
        return (Send(request),
        [
            ("another image", Send(request with { ImageId = other })),
            ("another class", Send(request with { ClassIndex = 0 })),
            ("another kind of answer", Send(request with { Kind = AnswerKind.Unreadable, ClassIndex = null })),
            ("another person", Send(request with { ReaderId = Ben })),
            ("another project", Send(request with { ProjectId = elsewhere })),
            ("an answer", async () => Untold(await _workplace.Labelling.AnswerAsync(request, Cancellation))),
        ]);
    }

    private async Task<(Func<Task<Result<int>>>, List<(string, Func<Task<Result<int>>>)>)> DecisionsAsync(int elsewhere)
    {
        var (image, other) = (await _workplace.AnswerNextAsync(Ada), await _workplace.AnswerNextAsync(Ada));
        Func<Task<Result<int>>> Send(int project, Guid decided, string lead, int? classIndex) => async () =>
            Untold(await _workplace.Get<AdjudicationService>().DecideAsync(project, decided, lead, classIndex, _key, Cancellation));
        return (Send(Project, image, Ada, 1),
        [
            ("another image", Send(Project, other, Ada, 1)),
            ("another class", Send(Project, image, Ada, 0)),
            ("no class", Send(Project, image, Ada, null)),
            ("another person", Send(Project, image, Ben, 1)),
            ("another project", Send(elsewhere, image, Ada, 1)),
        ]);
    }

    private async Task<(Func<Task<Result<int>>>, List<(string, Func<Task<Result<int>>>)>)> GridsAsync(int elsewhere)
    {
        var grids = _workplace.Get<GridService>();
        var grid = await grids.OpenAsync(Project, Ada, 0, Cancellation);
        List<Guid> shown = [.. grid.Images.Select(i => i.Id)];
        var request = new GridRequest(Project, Ada, 0, shown[..1], shown[1..2], 800, _key);
        Func<Task<Result<int>>> Send(GridRequest sent) => () => grids.SubmitAsync(sent, Cancellation);
        return (Send(request),
        [
            ("more images", Send(request with { Confirmed = shown[..3] })),
            ("other exceptions", Send(request with { Exceptions = shown[2..3] })),
            ("another class", Send(request with { ClassIndex = 1 })),
            ("another person", Send(request with { ReaderId = Ben })),
            ("another project", Send(request with { ProjectId = elsewhere })),
        ]);
    }

    private async Task<(Func<Task<Result<int>>>, List<(string, Func<Task<Result<int>>>)>)> RoundsAsync(int elsewhere)
    {
        await _workplace.LabelAsync(Ada, 6);
        Func<Task<Result<int>>> Send(int project, string lead) => () => _workplace.Rounds.StartAsync(project, lead, _key, Cancellation);
        return (Send(Project, Ada), [("another person", Send(Project, Ben)), ("another project", Send(elsewhere, Ada))]);
    }

    private (Func<Task<Result<int>>>, List<(string, Func<Task<Result<int>>>)>) Imports(int elsewhere)
    {
        var request = new ImportRequest(Project, _cells.Path, "cells", IsUpload: false, ImportService.DefaultPatientPattern, Ada) { ClientKey = _key };
        Func<Task<Result<int>>> Send(ImportRequest sent) => () => _workplace.Get<ImportService>().StartAsync(sent, Cancellation);
        return (Send(request),
        [
            ("another folder", Send(request with { SourcePath = Path.GetTempPath() })),
            ("another pattern", Send(request with { PatientPattern = "(?<patient>C[0-9])" })),
            ("another site", Send(request with { Site = "Basel" })),
            ("a dry run", Send(request with { IsDryRun = true })),
            ("patches", Send(request with { PatchSize = 64 })),
            ("another person", Send(request with { RequestedById = Ben })),
            ("another project", Send(request with { ProjectId = elsewhere })),
        ]);
    }

    private (Func<Task<Result<int>>>, List<(string, Func<Task<Result<int>>>)>) Exports(int elsewhere) => (
        () => ExportAsync(Ada, _key, ExportFormat.Csv),
        [
            ("another format", () => ExportAsync(Ada, _key, ExportFormat.JsonLines)),
            ("another person", () => ExportAsync(Ben, _key, ExportFormat.Csv)),
            ("another project", () => ExportAsync(Ada, _key, ExportFormat.Csv, elsewhere)),
            ("a round", () => _workplace.Rounds.StartAsync(Project, Ada, _key, Cancellation)),
        ]);

    private Task<Result<int>> ExportAsync(string admin, Guid key, ExportFormat format, int? project = null) =>
        _workplace.Get<ExportService>().StartAsync(project ?? Project, new ExportOptions(format), admin, key, Cancellation);

    private async Task<int> AddProjectAsync() => (await _workplace.Get<ProjectService>().CreateAsync("Other", "Which?", Cancellation)).Value;

    /// <summary>What there is of all that a key may bring about.</summary>
    private async Task<int> StoredAsync()
    {
        await using var db = _workplace.Open();
        return await db.LabelEvents.CountAsync(Cancellation) + await db.Rounds.CountAsync(Cancellation) + await db.Imports.CountAsync(Cancellation) + await db.Exports.CountAsync(Cancellation);
    }

    private static Result<int> Untold(Result stored) => stored.Succeeded ? 0 : stored;
}
