using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

public sealed class ReaderReportTests : IAsyncLifetime
{
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Readers_are_compared_on_the_images_that_both_labelled_and_with_the_label_that_came_of_them()
    {
        await using (var db = _workplace.Open())
        {
            await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.ReadingsPerImage, 3), Cancellation);
        }

        await _workplace.AddImagesAsync(4);
        await ReadAsync("Ada", 0, 1, 1, 0);
        await ReadAsync("Ben", 0, 1, 0, null);
        await ReadAsync("Cyd", 0, 1, 1);

        var report = await _workplace.Get<ReaderReportService>().ReadAsync(_workplace.ProjectId, Cancellation);

        Assert.Equal(
            [new ReaderSummary("Ada", 4, 0, 0.8, 3, 3, default), new ReaderSummary("Ben", 3, 1, 0.8, 3, 2, default), new ReaderSummary("Cyd", 3, 0, 0.8, 3, 3, default)], report.Readers);
        Assert.Equal((3, 7.0 / 9), (report.Agreement!.Images, report.Agreement.Agreement));
        Assert.Equal(3, report.Pairs.Count);
        var together = report.Pairs.Single(p => new[] { p.One, p.Other }.Order().SequenceEqual(["Ada", "Ben"]));
        var differing = together.One == "Ada" ? together.Table[1][0] : together.Table[0][1];
        Assert.Equal((3, 1, 2), (together.Agreement.Images, differing, together.Table[0][0] + together.Table[1][1]));
    }

    [Fact]
    public async Task One_reader_alone_agrees_with_nobody()
    {
        await _workplace.AddImagesAsync(3);
        await ReadAsync("Ada", 0, 1);

        var report = await _workplace.Get<ReaderReportService>().ReadAsync(_workplace.ProjectId, Cancellation);

        Assert.Equal([new ReaderSummary("Ada", 2, 0, 0.8, 0, 0, default)], report.Readers);
        Assert.Null(report.Agreement);
        Assert.Empty(report.Pairs);
    }

    private async Task ReadAsync(string name, params int?[] classes)
    {
        var reader = await _workplace.AddUserAsync(name, Roles.Pathologist);
        foreach (var classIndex in classes)
        {
            await _workplace.AnswerNextAsync(reader, classIndex is null ? AnswerKind.Unreadable : AnswerKind.Label, classIndex);
        }
    }
}
