using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>A lead lets another program be told, and sees what arrives and what does not.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task A_lead_adds_an_address_tries_it_and_sees_what_became_of_the_message()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, settings: new() { ["Outbound__Allow"] = "127.0.0.1" }, cancellationToken: cancellation);
        var page = room.Page;
        await page.GotoAsync("/projects/1/settings");
        await page.GetByTestId("webhooks-link").ClickAsync();
        await page.GetByTestId("webhook-address").FillAsync("alarms.example.org");
        await page.GetByTestId("add-webhook").ClickAsync();
        await Assertions.Expect(page.GetByText("An address begins with http")).ToBeVisibleAsync();
        await page.GetByTestId("webhook-address").FillAsync("http://169.254.169.254/latest/meta-data");
        await page.GetByTestId("add-webhook").ClickAsync();
        await Assertions.Expect(page.GetByText("This address leads to no public server")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "webhooks-empty");

        // This server's own word that it lives answers whoever asks, and however.
        await page.GetByTestId("webhook-address").FillAsync($"{room.Server.Address}health/live");
        await page.GetByTestId("event-LabelCreated").CheckAsync();
        await page.GetByTestId("add-webhook").ClickAsync();
        Assert.StartsWith("whsec_", await page.GetByTestId("webhook-secret").TextContentAsync(), StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();
        await page.GetByTestId("webhook-address").FillAsync("http://127.0.0.1:9/nobody");
        await page.GetByTestId("add-webhook").ClickAsync();
        await Assertions.Expect(page.GetByTestId("webhook")).ToHaveCountAsync(2);
        await page.GetByTestId("test-webhook").First.ClickAsync();
        await page.GetByTestId("test-webhook").Last.ClickAsync();

        await Assertions.Expect(page.GetByTestId("message").Filter(new() { HasText = "200 OK" })).ToHaveCountAsync(1);
        await Assertions.Expect(page.GetByTestId("message").Filter(new() { HasText = "Nobody answers there." })).ToHaveCountAsync(1);
        await Walk.InspectAsync(page, "webhooks");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "webhooks-dark");

        await page.GetByTestId("remove-webhook").Last.ClickAsync();
        await Assertions.Expect(page.GetByTestId("webhook")).ToHaveCountAsync(1);
    }
}
