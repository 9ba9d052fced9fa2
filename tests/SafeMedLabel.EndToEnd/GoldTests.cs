using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Images of known class among those to read.</summary>
public sealed class GoldTests
{
    private const int Gold = 6;

    [Fact]
    public async Task A_reader_learns_only_afterwards_that_a_class_was_known_and_the_lead_sees_who_got_how_many_right()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 60, cancellationToken: cancellation);
        var page = room.Page;
        await Walk.SetAsync(page, "gold-images", $"{Gold}");
        await Walk.SetAsync(page, "gold-percent", "50");
        await Walk.SetAsync(page, "second", "10");
        // Loaded anew: the word that it is saved fades meanwhile.
        await page.GotoAsync("/projects/1/settings");
        await Assertions.Expect(page.GetByTestId("gold-percent")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "settings-gold");

        await page.GotoAsync("/projects/1/label");
        await using var db = room.Server.OpenDatabase();
        var wasTold = false;
        while (await db.LabelEvents.CountAsync(e => e.Reason == QueueReason.Gold && e.Kind == AnswerKind.Label, cancellation) < Gold)
        {
            var image = Guid.Parse(await Walk.AnswerAsync(page, key: "1"));
            if (!wasTold && await db.LabelEvents.AnyAsync(e => e.ImageId == image && e.Reason == QueueReason.Gold, cancellation))
            {
                await AssertToldAndFinalAsync(page);
                wasTold = true;
            }
        }

        await page.GotoAsync("/projects/1/readers");
        await Assertions.Expect(page.GetByTestId("gold-score")).ToContainTextAsync($"of {Gold}");
        var right = await db.Images.CountAsync(i => i.Split == Core.Splitting.DataSplit.Gold && i.ReferenceClass == 0, cancellation);
        await Assertions.Expect(page.GetByTestId("gold-score")).ToContainTextAsync($"{right} of {Gold}");
        await Assertions.Expect(page.GetByTestId("missed").GetByRole(AriaRole.Listitem)).ToHaveCountAsync(Gold - right);
        await Walk.InspectAsync(page, "readers-gold");
    }

    private static async Task AssertToldAndFinalAsync(IPage page)
    {
        await Walk.WaitForImageAsync(page);
        await page.Keyboard.PressAsync("w");
        await Assertions.Expect(page.GetByTestId("why")).ToContainTextAsync("Its class is known");
        await Walk.InspectAsync(page, "labelling-gold");
        await page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(page.GetByText("its answer stands")).ToBeVisibleAsync();
    }
}
