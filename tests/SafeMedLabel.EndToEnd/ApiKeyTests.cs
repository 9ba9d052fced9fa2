using System.Net;
using System.Net.Http.Headers;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Somebody lets a program act for them, reads what it can do, and takes the key back.</summary>
public sealed class ApiKeyTests
{
    [Fact]
    public async Task A_key_is_shown_once_lets_a_program_in_and_counts_no_longer_when_it_is_taken_back()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var page = room.Page;
        await page.GotoAsync("/account/api-keys");
        await Assertions.Expect(page.GetByText("No program acts for you.")).ToBeVisibleAsync();
        await page.GetByTestId("create-api-key").ClickAsync();
        await Assertions.Expect(page.GetByText("A key's name needs")).ToBeVisibleAsync();
        await page.GetByTestId("api-key-name").FillAsync("nightly statistics");
        await page.GetByTestId("create-api-key").ClickAsync();
        var secret = (await page.GetByTestId("api-key").TextContentAsync())!;
        await Walk.InspectAsync(page, "api-keys");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "api-keys-dark");

        using var program = new HttpClient { BaseAddress = room.Server.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", secret) } };
        var projects = new Uri("api/v1/projects", UriKind.Relative);
        Assert.Contains("Malaria cells", await program.GetStringAsync(projects, cancellation), StringComparison.Ordinal);
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByText(secret[..10])).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText(secret)).Not.ToBeVisibleAsync();

        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                complaints.Add(message.Text);
            }
        };
        await page.GotoAsync("/api/");
        await Assertions.Expect(page.GetByText("List projects").First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Ask AI")).Not.ToBeVisibleAsync();
        Assert.Empty(complaints);
        await Walk.KeepAsync(page, "api.png");

        await page.GotoAsync("/account/api-keys");
        await page.GetByTestId("revoke-api-key").ClickAsync();
        await Assertions.Expect(page.GetByText("No program acts for you.")).ToBeVisibleAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync(projects, cancellation)).StatusCode);

        // An admin takes back what a person has lost.
        await page.GetByTestId("api-key-name").FillAsync("on the lost laptop");
        await page.GetByTestId("create-api-key").ClickAsync();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await page.GetByTestId("api-key").TextContentAsync());
        await program.GetStringAsync(projects, cancellation);
        await page.GotoAsync("/admin/users");
        await page.GetByTestId("revoke-keys").ClickAsync();
        await Assertions.Expect(page.GetByTestId("revoke-keys")).ToHaveCountAsync(0);
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync(projects, cancellation)).StatusCode);
    }
}
