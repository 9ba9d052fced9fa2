using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>What a reader sees where the disk has lost an image, or changed the database.</summary>
public sealed class LostStorageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_is_told_that_an_images_file_is_lost_and_goes_on_and_the_lead_has_an_alarm()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 24, cancellationToken: Cancellation);
        var page = room.Page;
        await page.GotoAsync("/projects/1/label");
        var first = await Walk.WaitForImageAsync(page);
        await using (var db = room.Server.OpenDatabase())
        {
            var hash = await db.Images.Where(i => i.Id == first).Select(i => i.ContentHash).SingleAsync(Cancellation);
            File.Delete(Path.Combine(room.Server.Folder, "content", hash[..2], hash[2..4], hash));
        }

        await page.ReloadAsync();
        await Assertions.Expect(page.Locator(".status .problem")).ToHaveTextAsync(
            "The file of this image is missing from the storage. An admin must restore it from a backup or import it again; until then, skip it.");
        await Walk.InspectInBothThemesAsync(page, "labelling-lost-image");
        await page.Keyboard.PressAsync("Space");
        Assert.NotEqual(first, await Walk.WaitForImageAsync(page));
        await page.GotoAsync("/projects/1");
        await page.GetByRole(AriaRole.Link, new() { Name = "Look at it" }).ClickAsync();
        await Assertions.Expect(page.GetByText($"The file of image {first} is missing from the storage")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Every_page_says_what_to_do_where_the_database_is_damaged_and_no_answer_is_taken()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 24, cancellationToken: Cancellation);
        var page = room.Page;
        await page.GotoAsync("/projects/1/label");
        var first = await Walk.WaitForImageAsync(page);
        // As another process of the storage that has met the damage.
        await File.WriteAllBytesAsync(Path.Combine(room.Server.Folder, ".damaged"), [], Cancellation);

        await Assertions.Expect(page.GetByTestId("storage-banner")).ToHaveTextAsync(
            "Nothing can be stored: the database is damaged. An admin must stop the server and restore the latest backup (README, 'Back-up and restore').");
        await page.Keyboard.PressAsync("1");
        await Assertions.Expect(page.Locator(".status .problem")).ToContainTextAsync("the database is damaged");
        Assert.Equal(first, await Walk.WaitForImageAsync(page));
        await Walk.InspectInBothThemesAsync(page, "labelling-damaged-database");
        await page.GotoAsync("/");
        await Assertions.Expect(page.GetByTestId("storage-banner")).ToBeVisibleAsync();
    }
}
