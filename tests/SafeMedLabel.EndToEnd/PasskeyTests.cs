using System.Text.Json;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>A person signs in by a device, which the browser plays by the WebAuthn standard.</summary>
public sealed class PasskeyTests
{
    [Fact]
    public async Task A_device_signs_its_person_in_until_it_does_not_know_them_is_removed_or_the_account_is_disabled()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        await Walk.AddReaderAsync(room.Page, "Rita Reader", "rita@example.org");
        // A passkey belongs to a name, not to a number, of a server.
        var home = new UriBuilder(room.Server.Address) { Host = "localhost" }.Uri;
        var rita = await room.Browser.NewPageAsync(new() { BaseURL = home.ToString(), ViewportSize = new() { Width = 1440, Height = 900 } });
        var device = await Device.PlugInAsync(rita);
        await Walk.SignInAsync(rita, "rita@example.org");

        await rita.GotoAsync("/account/passkeys");
        await Walk.InspectAsync(rita, "passkeys-empty");
        await rita.GetByLabel("Your password").FillAsync("wrong horse battery");
        await AddAsync(rita);
        await Assertions.Expect(rita.GetByText("This is not your password.")).ToBeVisibleAsync();
        await rita.GetByLabel("Your password").FillAsync("correct horse battery");
        await AddAsync(rita);
        await Assertions.Expect(rita.GetByRole(AriaRole.Status)).ToHaveTextAsync("Chrome on Linux signs you in now.");
        await Walk.InspectAsync(rita, "passkeys");
        await rita.GetByLabel("Your password").FillAsync("correct horse battery");
        await AddAsync(rita);
        await Assertions.Expect(rita.GetByText("This device has a passkey of yours already.")).ToBeVisibleAsync();

        await SignOutAsync(rita);
        await Walk.InspectAsync(rita, "login");
        await device.KnowsItsPersonAsync(false);
        await SignInAsync(rita);
        await Assertions.Expect(rita.GetByText("Your device did not confirm it; please try again.")).ToBeVisibleAsync();
        await device.KnowsItsPersonAsync(true);
        // Strangers who guess the password stop nobody's passkey.
        for (var i = 0; i < 9; i++)
        {
            await rita.FillAsync("#email", "rita@example.org");
            await rita.FillAsync("#password", i < 8 ? "wrong horse battery" : "correct horse battery");
            await rita.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
            await Assertions.Expect(rita.Locator("#password")).ToHaveValueAsync("");
            await Assertions.Expect(rita.GetByText("E-mail or password is wrong.")).ToBeVisibleAsync();
        }

        await SignInAsync(rita);
        await Assertions.Expect(rita.GetByTestId("project-card")).ToBeVisibleAsync();

        await room.Page.GotoAsync("/admin/users");
        var access = room.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "rita@example.org" });
        await access.GetByRole(AriaRole.Button, new() { Name = "Disable" }).ClickAsync();
        await Assertions.Expect(access.GetByRole(AriaRole.Button, new() { Name = "Enable" })).ToBeVisibleAsync();
        await SignOutAsync(rita);
        await SignInAsync(rita);
        await Assertions.Expect(rita.GetByText("This account is locked; try again later or ask an admin.")).ToBeVisibleAsync();
        await access.GetByRole(AriaRole.Button, new() { Name = "Enable" }).ClickAsync();
        await Assertions.Expect(access.GetByRole(AriaRole.Button, new() { Name = "Disable" })).ToBeVisibleAsync();
        await SignInAsync(rita);
        await Assertions.Expect(rita.GetByTestId("project-card")).ToBeVisibleAsync();

        await rita.GotoAsync("/account/passkeys");
        await rita.GetByRole(AriaRole.Button, new() { Name = "Remove Chrome on Linux" }).ClickAsync();
        await Assertions.Expect(rita.GetByTestId("passkey")).ToHaveCountAsync(0);
        await SignOutAsync(rita);
        await SignInAsync(rita);
        await Assertions.Expect(rita.GetByText("This passkey was not accepted; try again, or use your password.")).ToBeVisibleAsync();

        await room.Page.GotoAsync("/admin/audit");
        await Assertions.Expect(room.Page.GetByRole(AriaRole.Cell, new() { Name = "Passkey removed", Exact = true })).ToBeVisibleAsync();
    }

    private static Task AddAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();

    private static Task SignInAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();

    private static async Task SignOutAsync(IPage page)
    {
        await page.GotoAsync("/account/signed-out");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
    }

    /// <summary>The finger reader of a laptop.</summary>
    private sealed class Device(ICDPSession browser, string id)
    {
        public static async Task<Device> PlugInAsync(IPage page)
        {
            var browser = await page.Context.NewCDPSessionAsync(page);
            await browser.SendAsync("WebAuthn.enable");
            var added = await browser.SendAsync("WebAuthn.addVirtualAuthenticator", new()
            {
                ["options"] = new
                {
                    protocol = "ctap2",
                    transport = "internal",
                    hasResidentKey = true,
                    hasUserVerification = true,
                    isUserVerified = true,
                },
            });
            return new Device(browser, added!.Value.GetProperty("authenticatorId").GetString()!);
        }

        public Task<JsonElement?> KnowsItsPersonAsync(bool does) => browser.SendAsync("WebAuthn.setUserVerified", new()
        {
            ["authenticatorId"] = id,
            ["isUserVerified"] = does,
        });
    }
}
