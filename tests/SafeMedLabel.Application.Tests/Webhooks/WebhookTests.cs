using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Webhooks;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Webhooks;

/// <summary>What other programs are told, and how often it is tried.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private const WebhookEvents All = WebhookEvents.LabelCreated | WebhookEvents.RoundCompleted | WebhookEvents.ModelPromoted | WebhookEvents.AlarmRaised;

    private Workplace _workplace = null!;
    private Receiver _receiver = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private WebhookService Webhooks => _workplace.Get<WebhookService>();

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.StartAsync();
        _workplace = await Workplace.CreateAsync(WebhookSender.AddTo, allow: "127.0.0.1");
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public void A_signature_is_the_one_of_the_standards_own_example() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSignature.Of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""));

    [Fact]
    public async Task An_answer_its_end_and_a_decision_are_told_in_order_once_signed_and_without_a_patient_or_a_person()
    {
        var secret = await AddAsync(_receiver.Address, WebhookEvents.LabelCreated);
        await _workplace.AddImagesAsync(1, patient: "Patient Zero");
        var known = (await _workplace.AddImagesAsync(1, DataSplit.Test, "Patient Zero"))[0];
        var pat = await _workplace.AddUserAsync("Pat", Roles.Pathologist);
        await _workplace.AnswerNextAsync(pat);
        Assert.Null((await _workplace.Labelling.UndoAsync(_workplace.ProjectId, pat, Cancellation)).Error);
        Assert.Null((await _workplace.Get<AdjudicationService>().DoubtAsync(_workplace.ProjectId, known, pat, Cancellation)).Error);
        Assert.Null((await _workplace.Get<AdjudicationService>().DecideAsync(_workplace.ProjectId, known, pat, 1, Guid.NewGuid(), Cancellation)).Error);

        await SendAsync();
        await SendAsync();

        var bodies = _receiver.Deliveries.Select(d => JsonNode.Parse(d.Body)!).ToList();
        Assert.All(bodies, b => Assert.Equal(("label.created", _workplace.ProjectId), (b["type"]!.GetValue<string>(), b["data"]!["project"]!.GetValue<int>())));
        Assert.Equal(
            [("Label", "Parasitized", false), ("Undo", null, false), ("Label", "Uninfected", true)],
            bodies.Select(b => (b["data"]!["kind"]!.GetValue<string>(), b["data"]!["class"]?.GetValue<string>(), b["data"]!["isDecision"]!.GetValue<bool>())));
        Assert.All(_receiver.Deliveries, d => Assert.Equal(WebhookSignature.Of(secret, d.Id, d.Timestamp, d.Body), d.Signature));
        Assert.All(_receiver.Deliveries, d => Assert.DoesNotContain(["Patient Zero", "Pat", pat, ".png"], hidden => d.Body.Contains(hidden, StringComparison.Ordinal)));
        Assert.Equal(3, _receiver.Deliveries.Select(d => d.Id).Distinct().Count());
    }

    [Fact]
    public async Task What_is_not_saved_is_told_to_nobody_and_what_is_saved_later_by_the_same_context_is()
    {
        await AddAsync(_receiver.Address, WebhookEvents.AlarmRaised);
        await using var db = _workplace.Open();
        db.Alarms.Add(NewAlarm("a"));
        await db.SaveChangesAsync(Cancellation);

        var twice = db.Alarms.Add(NewAlarm("a"));
        await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(Cancellation));
        Assert.Single(await Webhooks.MessagesAsync(_workplace.ProjectId, cancellationToken: Cancellation));

        twice.Entity.Cause = "b";
        await db.SaveChangesAsync(Cancellation);
        Assert.Equal(2, (await Webhooks.MessagesAsync(_workplace.ProjectId, cancellationToken: Cancellation)).Count);
    }

    [Fact]
    public async Task An_address_that_leads_into_the_network_is_told_nothing_and_the_lead_why()
    {
        await using var strict = await Workplace.CreateAsync(WebhookSender.AddTo);
        Assert.Equal(OutboundGuard.Refusal, (await strict.Get<WebhookService>().AddAsync(strict.ProjectId, _receiver.Address, All, Cancellation)).Error);
        Assert.True((await strict.Get<WebhookService>().AddAsync(strict.ProjectId, "https://alarms.example.org/", All, Cancellation)).Succeeded);

        // The name leads here since, or was entered before the program asked.
        await using var db = strict.Open();
        await db.Webhooks.ExecuteUpdateAsync(set => set.SetProperty(w => w.Address, new UriBuilder(_receiver.Address) { Host = "localhost" }.ToString()), Cancellation);
        await strict.Get<WebhookService>().TestAsync(strict.ProjectId, (await db.Webhooks.SingleAsync(Cancellation)).Id, Cancellation);
        await strict.Get<WebhookSender>().SendAsync(Cancellation);
        Assert.Empty(_receiver.Deliveries);
        var message = Assert.Single(await strict.Get<WebhookService>().MessagesAsync(strict.ProjectId, cancellationToken: Cancellation));
        Assert.Equal((WebhookMessageState.Waiting, OutboundGuard.Refusal), (message.State, message.LastAnswer));
    }

    [Fact]
    public async Task A_round_that_completes_and_a_model_that_is_promoted_are_told_and_only_to_who_wants_to_know()
    {
        await AddAsync(_receiver.Address, WebhookEvents.RoundCompleted | WebhookEvents.ModelPromoted);
        await AddAsync("http://127.0.0.1:9/nobody", WebhookEvents.LabelCreated);
        await using var db = _workplace.Open();
        var round = db.Rounds.Add(new Round { ProjectId = _workplace.ProjectId, Number = 7, Method = "safemed-ssl", State = RoundState.Training }).Entity;
        await db.SaveChangesAsync(Cancellation);
        (round.State, round.Accuracy, round.SilentFailureRate) = (RoundState.Completed, 0.95, 0.01);
        await db.SaveChangesAsync(Cancellation);
        round.PhaseProgress = 1;
        await db.SaveChangesAsync(Cancellation);
        db.Promotions.Add(new Promotion { ProjectId = _workplace.ProjectId, RoundId = round.Id, Kind = PromotionKind.Gate });
        await db.SaveChangesAsync(Cancellation);

        await SendAsync();

        var bodies = _receiver.Deliveries.Select(d => JsonNode.Parse(d.Body)!).ToList();
        Assert.Equal(["round.completed", "model.promoted"], bodies.Select(b => b["type"]!.GetValue<string>()));
        Assert.Equal((7, 0.95, 0.01), (bodies[0]["data"]!["round"]!.GetValue<int>(), bodies[0]["data"]!["accuracy"]!.GetValue<double>(), bodies[0]["data"]!["silentFailureRate"]!.GetValue<double>()));
        Assert.Equal((7, "Gate"), (bodies[1]["data"]!["round"]!.GetValue<int>(), bodies[1]["data"]!["by"]!.GetValue<string>()));
    }

    [Fact]
    public async Task What_is_not_taken_comes_again_as_the_same_message_each_time_after_longer_and_what_follows_waits_for_it()
    {
        await AddAsync(_receiver.Address, WebhookEvents.AlarmRaised);
        await RaiseAsync("a");
        await RaiseAsync("b");
        _receiver.Status = 503;
        await SendAsync();
        await SendAsync();
        Assert.Single(_receiver.Deliveries);

        Advance(WebhookSender.FirstPause);
        await SendAsync();
        Assert.Equal(2, _receiver.Deliveries.Count);
        Advance(WebhookSender.FirstPause);
        await SendAsync();
        Assert.Equal(2, _receiver.Deliveries.Count);

        _receiver.Status = 200;
        Advance(WebhookSender.FirstPause * 2);
        await SendAsync();
        Assert.Equal([0, 0, 0, 1], _receiver.Deliveries.Select(d => d.Id == _receiver.Deliveries.First().Id ? 0 : 1));
        var messages = await Webhooks.MessagesAsync(_workplace.ProjectId, cancellationToken: Cancellation);
        Assert.Equal([(WebhookMessageState.Delivered, 1, "200 OK"), (WebhookMessageState.Delivered, 3, "200 OK")], messages.Select(m => (m.State, m.Attempts, m.LastAnswer!)));
        Assert.Null((await Webhooks.ListAsync(_workplace.ProjectId, Cancellation))[0].RetryUtc);
    }

    [Fact]
    public async Task A_message_that_nobody_takes_for_three_days_is_given_up_and_can_be_sent_again_as_the_same()
    {
        await AddAsync(_receiver.Address, WebhookEvents.AlarmRaised);
        await RaiseAsync("a");
        _receiver.Status = 500;
        while ((await Webhooks.MessagesAsync(_workplace.ProjectId, WebhookMessageState.Waiting, cancellationToken: Cancellation)).Count > 0)
        {
            await SendAsync();
            Advance(WebhookSender.LongestPause * 1.1);
        }

        var message = Assert.Single(await Webhooks.MessagesAsync(_workplace.ProjectId, cancellationToken: Cancellation));
        Assert.Equal((WebhookMessageState.GivenUp, true), (message.State, message.LastSentUtc - message.CreatedUtc >= WebhookSender.GivenUpAfter));
        _receiver.Status = 200;
        Assert.Null((await Webhooks.SendAgainAsync(_workplace.ProjectId, message.Id, Cancellation)).Error);
        await SendAsync();
        Assert.Single(_receiver.Deliveries.Select(d => d.Id).Distinct());
        Assert.Single(await Webhooks.MessagesAsync(_workplace.ProjectId, WebhookMessageState.Delivered, cancellationToken: Cancellation));

        Advance(WebhookSender.KeptFor + WebhookSender.LongestPause);
        await SendAsync();
        Assert.Empty(await Webhooks.MessagesAsync(_workplace.ProjectId, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_receiver_that_is_gone_for_good_is_told_no_more_and_others_go_on_until_somebody_switches_it_on()
    {
        await using var other = await Receiver.StartAsync();
        await AddAsync(_receiver.Address, All);
        await AddAsync(other.Address, All);
        _receiver.Status = 410;
        await RaiseAsync("a");
        await SendAsync();
        await RaiseAsync("b");
        Advance(WebhookSender.LongestPause * 2);
        await SendAsync();

        Assert.Equal((1, 2), (_receiver.Deliveries.Count, other.Deliveries.Count));
        var gone = (await Webhooks.ListAsync(_workplace.ProjectId, Cancellation))[0];
        Assert.Contains("410", gone.DisabledReason, StringComparison.Ordinal);
        _receiver.Status = 200;
        Assert.Null((await Webhooks.EnableAsync(_workplace.ProjectId, gone.Id, Cancellation)).Error);
        await SendAsync();
        Assert.Equal(2, _receiver.Deliveries.Count);
    }

    [Fact]
    public async Task A_receiver_that_leads_on_is_not_followed_and_one_that_is_not_there_is_said_so()
    {
        await AddAsync(_receiver.Address, WebhookEvents.AlarmRaised);
        _receiver.Status = 307;
        await RaiseAsync("a");
        await SendAsync();
        Assert.Single(_receiver.Deliveries);
        Assert.Equal("307 Temporary Redirect", (await Webhooks.MessagesAsync(_workplace.ProjectId, cancellationToken: Cancellation))[0].LastAnswer);

        await _receiver.DisposeAsync();
        Advance(WebhookSender.FirstPause * 2);
        await SendAsync();
        Assert.Equal("Nobody answers there.", (await Webhooks.MessagesAsync(_workplace.ProjectId, cancellationToken: Cancellation))[0].LastAnswer);
    }

    [Fact]
    public async Task A_new_secret_signs_from_then_on_and_no_secret_can_be_read_in_the_database()
    {
        var old = await AddAsync(_receiver.Address, WebhookEvents.AlarmRaised);
        var webhook = (await Webhooks.ListAsync(_workplace.ProjectId, Cancellation))[0].Id;
        var renewed = (await Webhooks.RenewSecretAsync(_workplace.ProjectId, webhook, Cancellation)).Value!;
        Assert.Null((await Webhooks.TestAsync(_workplace.ProjectId, webhook, Cancellation)).Error);

        await SendAsync();

        var test = Assert.Single(_receiver.Deliveries);
        Assert.Equal("test", JsonNode.Parse(test.Body)!["type"]!.GetValue<string>());
        Assert.Equal(WebhookSignature.Of(renewed, test.Id, test.Timestamp, test.Body), test.Signature);
        await using var db = _workplace.Open();
        Assert.DoesNotContain([old, renewed], secret => db.Webhooks.Single().ProtectedSecret!.Contains(secret["whsec_".Length..], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("alarms.example.org", All, "An address begins with http:// or https:// and has at most 500 characters.")]
    [InlineData("https://alarms.example.org/\u202Egro", All, "An address may not hold U+202E, which cannot be seen or changes how text is read.")]
    [InlineData("file:///etc/passwd", All, "An address begins with http:// or https:// and has at most 500 characters.")]
    [InlineData("https://example.org", WebhookEvents.None, "Please choose what the address is told of.")]
    public async Task What_is_no_webhook_is_refused(string address, WebhookEvents events, string sentence)
    {
        Assert.Equal(sentence, (await Webhooks.AddAsync(_workplace.ProjectId, address, events, Cancellation)).Error);
        Assert.Empty(await Webhooks.ListAsync(_workplace.ProjectId, Cancellation));
    }

    [Fact]
    public async Task Another_projects_webhook_can_neither_be_seen_nor_touched()
    {
        await AddAsync(_receiver.Address, WebhookEvents.AlarmRaised);
        await RaiseAsync("a");
        var (webhook, message) = ((await Webhooks.ListAsync(_workplace.ProjectId, Cancellation))[0].Id, (await Webhooks.MessagesAsync(_workplace.ProjectId, cancellationToken: Cancellation))[0].Id);
        var other = _workplace.ProjectId + 1;

        Assert.Empty(await Webhooks.ListAsync(other, Cancellation));
        Assert.Empty(await Webhooks.MessagesAsync(other, cancellationToken: Cancellation));
        Assert.All(
            [await Webhooks.TestAsync(other, webhook, Cancellation), await Webhooks.EnableAsync(other, webhook, Cancellation), await Webhooks.RemoveAsync(other, webhook, Cancellation), await Webhooks.SendAgainAsync(other, message, Cancellation)],
            done => Assert.False(done.Succeeded));
    }

    private async Task<string> AddAsync(string address, WebhookEvents events)
    {
        var added = await Webhooks.AddAsync(_workplace.ProjectId, address, events, Cancellation);
        Assert.Null(added.Error);
        return added.Value!;
    }

    private Alarm NewAlarm(string cause) => new()
    {
        ProjectId = _workplace.ProjectId,
        Kind = AlarmKind.Drift,
        Cause = cause,
        Text = $"Import {cause} is unlike the training data.",
    };

    private async Task RaiseAsync(string cause)
    {
        await using var db = _workplace.Open();
        db.Alarms.Add(NewAlarm(cause));
        await db.SaveChangesAsync(Cancellation);
    }

    private Task SendAsync() => _workplace.Get<WebhookSender>().SendAsync(Cancellation);

    // A pause is up to a tenth longer.
    private void Advance(TimeSpan pause) => _workplace.Time.Advance(pause * 1.1);
}
