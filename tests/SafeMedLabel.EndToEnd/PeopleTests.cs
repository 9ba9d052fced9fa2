using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>An admin invites a person, who joins, and opens a project to them.</summary>
public sealed class PeopleTests
{
    [Fact]
    public async Task A_person_joins_by_a_link_and_sees_a_closed_project_only_once_they_have_a_role_in_it()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var page = room.Page;
        await page.GotoAsync("/admin/users");
        await page.GetByTestId("invite-email").FillAsync("sam@example.org");
        await page.GetByTestId("invite").ClickAsync();
        var link = (await page.GetByTestId("invitation-link").TextContentAsync())!;
        await Assertions.Expect(page.GetByTestId("invitation")).ToHaveCountAsync(1);
        await Walk.InspectAsync(page, "people");

        await page.GotoAsync("/projects/1/access");
        await page.GetByTestId("close-project").ClickAsync();
        await Assertions.Expect(page.GetByText("see this project now").First).ToBeVisibleAsync();

        var sam = await Walk.OpenAsync(room.Browser, room.Server);
        await sam.GotoAsync(link);
        await Walk.InspectAsync(sam, "join");
        await sam.GetByLabel("Your name").FillAsync("Sam");
        await sam.GetByLabel("Password", new() { Exact = true }).FillAsync("correct horse battery");
        await sam.GetByLabel("Password again").FillAsync("correct horse battery");
        await sam.GetByRole(AriaRole.Button, new() { Name = "Create account and sign in" }).ClickAsync();
        await Assertions.Expect(sam.GetByText("No project yet")).ToBeVisibleAsync();

        await page.ReloadAsync();
        await page.GetByLabel("Role of Sam in this project").SelectOptionAsync("Lead");
        await Assertions.Expect(page.GetByText("Sam is Lead here now.")).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByLabel("Role of Sam in this project")).ToHaveValueAsync("Lead");
        await Walk.InspectAsync(page, "access");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "access-dark");

        await sam.ReloadAsync();
        await sam.GetByTestId("project-card").GetByRole(AriaRole.Link, new() { Name = "Malaria cells" }).ClickAsync();
        await Assertions.Expect(sam.GetByTestId("readers-link")).ToBeVisibleAsync();

        await sam.GotoAsync("/account/sessions");
        await Assertions.Expect(sam.GetByTestId("session")).ToHaveCountAsync(1);
        await Walk.InspectAsync(sam, "sessions");
        await sam.GotoAsync("/account/two-factor");
        await Walk.InspectAsync(sam, "two-factor-begin");
        await sam.GetByLabel("Your password").FillAsync("correct horse battery");
        await sam.GetByRole(AriaRole.Button, new() { Name = "Show the key for the app" }).ClickAsync();
        await Assertions.Expect(sam.GetByTestId("authenticator-key")).ToBeVisibleAsync();
        await Walk.InspectAsync(sam, "two-factor");
    }
}
