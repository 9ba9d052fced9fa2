using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Files of images that a disk loses or changes: they are said to be lost, and never shown, learned from or handed on as if they were whole.</summary>
public sealed class LostFileTests : IAsyncLifetime
{
    private readonly ScriptedTrainer _trainer = new();
    private Workplace _workplace = null!;

    /// <summary>What may happen to a file.</summary>
    public static TheoryData<string> Losses => ["missing", "flipped", "cut", "another picture", "a pipe"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await ScriptedRounds.CreateAsync(_trainer);

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task An_image_whose_file_is_lost_is_not_shown_and_is_one_alarm_and_is_shown_again_once_it_is_imported_again(string loss)
    {
        var images = await _workplace.AddImagesAsync(2);
        var bytes = await LoseAsync(images[0], loss);
        var service = _workplace.Get<ImageService>();

        for (var i = 0; i < 3; i++)
        {
            var lost = await Assert.ThrowsAsync<StoredFileException>(() => service.DisplayAsync(images[0], Cancellation));
            Assert.Equal(loss == "missing", lost.IsMissing);
            Assert.Equal(lost.Message, await service.ProblemAsync(_workplace.ProjectId, images[0], Cancellation));
        }

        Assert.NotNull(await service.DisplayAsync(images[1], Cancellation));
        Assert.Null(await service.ProblemAsync(_workplace.ProjectId, images[1], Cancellation));
        var alarm = Assert.Single(await _workplace.Get<AlarmService>().ListAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal((AlarmKind.LostFile, $"file of image {images[0]}"), (alarm.Kind, alarm.Cause));
        Assert.StartsWith($"The file of image {images[0]} is {(loss == "missing" ? "missing from" : "damaged in")} the storage: it is neither shown nor learned from.", alarm.Text, StringComparison.Ordinal);

        _workplace.Get<ContentStore>().Put(bytes);
        Assert.NotNull(await service.DisplayAsync(images[0], Cancellation));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task A_round_learns_from_no_image_whose_file_is_lost(string loss)
    {
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        var images = await _workplace.AddImagesAsync(12);
        await _workplace.LabelAsync("ada", 4);
        await LoseAsync(images[2], loss);
        var round = await ScriptedRounds.RunAsync(_workplace, lead);

        Assert.Equal(RoundState.Failed, round.State);
        Assert.Equal("The file of an image is missing from the storage, or damaged there; the project's alarms say which. Nothing was learned from it.", round.Error);
        Assert.Null(_trainer.Task);
        Assert.Equal(AlarmKind.LostFile, Assert.Single(await _workplace.Get<AlarmService>().ListAsync(_workplace.ProjectId, Cancellation)).Kind);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task No_export_hands_on_a_picture_whose_file_is_lost(string loss)
    {
        var images = await _workplace.AddImagesAsync(3);
        await LoseAsync(images[1], loss);
        var exports = _workplace.Get<ExportService>();
        var id = (await exports.StartAsync(_workplace.ProjectId, new ExportOptions(ExportFormat.Csv, WithPictures: true), "admin", cancellationToken: Cancellation)).Value;
        await _workplace.Get<ExportRunner>().RunAsync(id, Cancellation);

        var export = Assert.Single(await exports.ListAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal(ExportState.Failed, export.State);
        Assert.EndsWith("cannot be read from the storage, or is damaged there.", export.Error, StringComparison.Ordinal);
        Assert.Equal(AlarmKind.LostFile, Assert.Single(await _workplace.Get<AlarmService>().ListAsync(_workplace.ProjectId, Cancellation)).Kind);
    }

    [Fact]
    public async Task Where_a_whole_disk_is_lost_no_more_alarms_are_raised_than_anybody_reads()
    {
        var images = await _workplace.AddImagesAsync(AlarmService.MostLostFiles + 5);
        Directory.Delete(_workplace.Storage.ContentFolder, recursive: true);
        foreach (var image in images)
        {
            await Assert.ThrowsAsync<StoredFileException>(() => _workplace.Get<ImageService>().DisplayAsync(image, Cancellation));
        }

        Assert.Equal(AlarmService.MostLostFiles, (await _workplace.Get<AlarmService>().ListAsync(_workplace.ProjectId, Cancellation)).Count);
    }

    /// <summary>Returns the bytes that were there.</summary>
    private async Task<byte[]> LoseAsync(Guid image, string loss)
    {
        await using var db = _workplace.Open();
        var hash = await db.Images.Where(i => i.Id == image).Select(i => i.ContentHash).SingleAsync(Cancellation);
        var path = _workplace.Get<ContentStore>().Open(hash).Path!;
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        File.Delete(path);
        switch (loss)
        {
            case "flipped":
                byte[] flipped = [.. bytes];
                flipped[^20] ^= 1;
                await File.WriteAllBytesAsync(path, flipped, Cancellation);
                break;
            case "cut":
                await File.WriteAllBytesAsync(path, bytes[..^10], Cancellation);
                break;
            case "another picture":
                await File.WriteAllBytesAsync(path, Pictures.Png(200), Cancellation);
                break;
            case "a pipe":
                SpecialFiles.Pipe(path);
                break;
        }

        return bytes;
    }
}
