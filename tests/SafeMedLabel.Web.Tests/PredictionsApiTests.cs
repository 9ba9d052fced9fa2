using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Testing;
using SafeMedLabel.Web.Predictions;

namespace SafeMedLabel.Web.Tests;

/// <summary>The active model over the real server, asked in its real process.</summary>
public sealed class PredictionsApiTests(TrainedModel model) : IClassFixture<TrainedModel>, IAsyncLifetime
{
    private static readonly Certificate Always = new(0, 1, 1000, 16, 2, 0.006, 0.01, 0.05);
    private static readonly Certificate Never = Always with { Threshold = 1, Coverage = 0 };

    private readonly TestServer _server = new();
    private int _project;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server.Settings["Predictor:MaximumMegabytes"] = "1";
        await _server.AddUserAsync("lea", Roles.Lead);
        await _server.AddUserAsync("pat", Roles.Pathologist);
        (_project, _) = await _server.AddImageAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_program_hears_what_the_command_line_says_and_which_model_said_it()
    {
        await ActivateAsync(Always);
        using var program = await ProgramAsync("lea");

        var answer = await BodyAsync(await SendAsync(program, await CellAsync()));

        var expected = await model.PredictAsync(model.Image);
        Assert.Equal(
            (expected["class"]!.GetValue<string>(), expected["probability"]!.GetValue<double>(), expected["uncertainty"]!.GetValue<double>()),
            (answer["class"]!.GetValue<string>(), answer["probability"]!.GetValue<double>(), answer["uncertainty"]!.GetValue<double>()));
        Assert.Equal(1, answer["probabilities"]!.AsObject().Sum(p => p.Value!.GetValue<double>()), 9);
        Assert.Equal((3, "safemed-ssl", true), (answer["model"]!["round"]!.GetValue<int>(), answer["model"]!["method"]!.GetValue<string>(), answer["model"]!["isOverride"]!.GetValue<bool>()));
        Assert.Equal((0.01, 0.95, 16), (answer["certificate"]!["largestRate"]!.GetValue<double>(), answer["certificate"]!["confidence"]!.GetValue<double>(), answer["certificate"]!["patients"]!.GetValue<int>()));
    }

    [Fact]
    public async Task An_answer_stands_only_above_the_threshold_of_a_certificate_that_may_be_relied_on()
    {
        using var program = await ProgramAsync("lea");
        var round = await ActivateAsync(Always);
        Assert.Equal(("Accept", true), await DecisionAsync(program));

        await ChangeAsync(db => db.Rounds.Where(r => r.Id == round).ExecuteUpdateAsync(set => set.SetProperty(r => r.Certificate, Never), Cancellation));
        Assert.Equal(("Refer", true), await DecisionAsync(program));

        await ChangeAsync(db => db.Rounds.Where(r => r.Id == round).ExecuteUpdateAsync(set => set.SetProperty(r => r.Certificate, (Certificate?)null), Cancellation));
        Assert.Equal(("Refer", false), await DecisionAsync(program));

        await ChangeAsync(db => db.Rounds.Where(r => r.Id == round).ExecuteUpdateAsync(set => set.SetProperty(r => r.Certificate, Always), Cancellation));
        await ChangeAsync(db => db.Imports.ExecuteUpdateAsync(set => set.SetProperty(i => i.FinishedUtc, DateTime.UtcNow.AddMinutes(1)), Cancellation));
        Assert.Equal(("Refer", false), await DecisionAsync(program));
    }

    [Theory]
    [InlineData("\\u0022Temperature\\u0022:1", "\\u0022Temperature\\u0022:9")]
    [InlineData("\\u0022ImageSize\\u0022:32", "\\u0022ImageSize\\u0022:64")]
    [InlineData("\\u0022TestViews\\u0022:1", "\\u0022TestViews\\u0022:8")]
    [InlineData("\"safemed\"", "\"safemod\"")]
    public async Task A_model_whose_card_was_changed_since_its_round_made_it_answers_nothing(string was, string becomes)
    {
        await ActivateAsync(Always);
        using var program = await ProgramAsync("lea");
        var path = Path.Combine(_server.Services.GetRequiredService<StorageOptions>().ProjectFolder(_project), "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        var at = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(was));
        Assert.True(at > 0);
        System.Text.Encoding.UTF8.GetBytes(becomes).CopyTo(bytes, at);
        await File.WriteAllBytesAsync(path, bytes, Cancellation);

        Assert.Equal((503, "The model's file cannot be used now; the server's log says why."), await RefusalAsync(program, await CellAsync()));
    }

    [Fact]
    public async Task A_model_whose_weights_were_changed_or_that_was_never_sealed_answers_nothing()
    {
        await ActivateAsync(Always);
        using var program = await ProgramAsync("lea");
        var path = Path.Combine(_server.Services.GetRequiredService<StorageOptions>().ProjectFolder(_project), "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Cancellation);
        Assert.Equal((503, "The model's file cannot be used now; the server's log says why."), await RefusalAsync(program, await CellAsync()));

        await ActivateAsync(Always);
        Assert.Equal(("Accept", true), await DecisionAsync(program));
        await ChangeAsync(db => db.Rounds.ExecuteUpdateAsync(set => set.SetProperty(r => r.ModelHash, (string?)null), Cancellation));
        Assert.Equal(
            (503, "The active model was never sealed, so that nobody can tell whether it was changed; please train again."), await RefusalAsync(program, await CellAsync()));
    }

    [Theory]
    [InlineData(-5.0, 0.01)]
    [InlineData(1.5, 0.01)]
    [InlineData(0, 5.0)]
    public async Task A_certificate_with_numbers_that_none_can_have_promises_nothing(double threshold, double largestRate)
    {
        var round = await ActivateAsync(Always);
        using var program = await ProgramAsync("lea");
        await ChangeAsync(db => db.Rounds.Where(r => r.Id == round).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.Certificate, Always with { Threshold = threshold, LargestRate = largestRate }), Cancellation));

        Assert.Equal(("Refer", false), await DecisionAsync(program));
    }

    [Fact]
    public async Task A_projects_models_say_how_they_became_active_and_what_was_measured_of_them()
    {
        var round = await ActivateAsync(Always);
        MeasuredValue[] measures = [new(Measure.Accuracy, null, 0.9, new RateInterval(0.8, 0.95), 40), new(Measure.Sensitivity, 1, 0.7, null, 20)];
        await ChangeAsync(db => db.Rounds.Where(r => r.Id == round).ExecuteUpdateAsync(set => set.SetProperty(r => r.Measures, measures), Cancellation));
        await ChangeAsync(async db =>
        {
            db.RoundThresholds.Add(new RoundThreshold { RoundId = round, Threshold = 0.8, SilentFailureRate = 0.01, Coverage = 0.7 });
            await db.SaveChangesAsync(Cancellation);
        });
        using var program = await ProgramAsync("lea", ApiScope.Read);

        var model = Assert.Single(JsonNode.Parse(await program.GetStringAsync(new Uri($"/api/v1/projects/{_project}/models", UriKind.Relative), Cancellation))!["items"]!.AsArray())!;
        var metrics = JsonNode.Parse(await program.GetStringAsync(new Uri($"/api/v1/projects/{_project}/rounds/3/metrics", UriKind.Relative), Cancellation))!;

        Assert.Equal((3, true, 0.01, "Override", "Signed for in a test."), (
            model["round"]!.GetValue<int>(), model["isActive"]!.GetValue<bool>(), model["certificate"]!["largestRate"]!.GetValue<double>(),
            model["promotions"]![0]!["kind"]!.GetValue<string>(), model["promotions"]![0]!["reason"]!.GetValue<string>()));
        Assert.Equal(
            [("Accuracy", null, 0.9, 0.8), ("Sensitivity", "b", 0.7, null)],
            metrics["measures"]!.AsArray().Select(m => (m!["measure"]!.GetValue<string>(), m["class"]?.GetValue<string>(), m["value"]!.GetValue<double>(), m["low"]?.GetValue<double>())));
        Assert.Equal((0.8, 0.01, 0.7), metrics["thresholds"]![0] is { } t ? (t["threshold"]!.GetValue<double>(), t["silentFailureRate"]!.GetValue<double>(), t["coverage"]!.GetValue<double>()) : default);
    }

    [Fact]
    public async Task What_cannot_be_classified_is_refused_with_a_sentence()
    {
        using var lead = await ProgramAsync("lea");
        using var reader = await ProgramAsync("pat");
        using var without = await ProgramAsync("lea", ApiScope.Read | ApiScope.Label | ApiScope.Manage);
        var cell = await CellAsync();
        Assert.Equal((409, "This project has no active model: no round has passed the gate, and nobody has signed for one."), await RefusalAsync(lead, cell));
        await ActivateAsync(Always);

        var notAnImage = await RefusalAsync(lead, "no picture"u8.ToArray());
        Assert.Equal((422, true), (notAnImage.Status, notAnImage.Sentence!.StartsWith("Not an image", StringComparison.Ordinal)));
        Assert.Equal((400, "The request holds no image: its body is the file."), await RefusalAsync(lead, []));
        Assert.Equal((413, "The image is larger than 1 MB."), await RefusalAsync(lead, new byte[(1024 * 1024) + 1]));
        Assert.Equal(403, (await RefusalAsync(reader, cell)).Status);
        Assert.Equal(403, (await RefusalAsync(without, cell)).Status);
        Assert.Equal(403, (await RefusalAsync(lead, cell, project: 99)).Status);

        await ActivateAsync(Always, "gone.safetensors");
        Assert.Equal((503, "The model's file cannot be used now; the server's log says why."), await RefusalAsync(lead, cell));
    }

    [Fact]
    public async Task Every_hostile_picture_is_answered_and_the_next_image_too()
    {
        using var archive = ZipFile.OpenRead(SharedData.Require("data/hostile/images.zip"));
        await ActivateAsync(Always);
        using var program = await ProgramAsync("lea");

        foreach (var entry in archive.Entries.Where(e => e.Length is > 0 and <= 1024 * 1024))
        {
            await using var content = await entry.OpenAsync(Cancellation);
            using var file = new MemoryStream();
            await content.CopyToAsync(file, Cancellation);
            var answer = await SendAsync(program, file.ToArray());
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.UnprocessableEntity, $"{entry.FullName}: {answer.StatusCode}");
        }

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(program, await CellAsync())).StatusCode);
    }

    [Fact]
    public async Task A_process_that_dies_is_started_again()
    {
        await ActivateAsync(Always);
        using var program = await ProgramAsync("lea");
        var supervisor = (PredictorSupervisor)_server.Services.GetRequiredService<IModelReader>();
        Assert.Null(supervisor.ProcessId);
        await SendAsync(program, await CellAsync());
        using var first = Process.GetProcessById(supervisor.ProcessId!.Value);

        first.Kill();
        await first.WaitForExitAsync(Cancellation);
        HttpResponseMessage answer;
        do
        {
            answer = await SendAsync(program, await CellAsync());
        }
        while (answer.StatusCode == HttpStatusCode.ServiceUnavailable);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotEqual(first.Id, supervisor.ProcessId);
    }

    private async Task<(string Decision, bool IsCertified)> DecisionAsync(HttpClient program)
    {
        var answer = await BodyAsync(await SendAsync(program, await CellAsync()));
        return (answer["decision"]!.GetValue<string>(), answer["certificate"] is not null);
    }

    private async Task<(int Status, string? Sentence)> RefusalAsync(HttpClient program, byte[] image, int? project = null)
    {
        var answer = await SendAsync(program, image, project);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return ((int)answer.StatusCode, (await BodyAsync(answer))["detail"]?.GetValue<string>());
    }

    private async Task<HttpResponseMessage> SendAsync(HttpClient program, byte[] image, int? project = null)
    {
        using var body = new ByteArrayContent(image);
        return await program.PostAsync(new Uri($"/api/v1/projects/{project ?? _project}/predictions", UriKind.Relative), body, Cancellation);
    }

    private Task<byte[]> CellAsync() => File.ReadAllBytesAsync(model.Image, Cancellation);

    /// <summary>Makes the model the active one, as a person who signs for it does.</summary>
    private async Task<int> ActivateAsync(Certificate certificate, string file = "model.safetensors")
    {
        var folder = _server.Services.GetRequiredService<StorageOptions>().ProjectFolder(_project);
        Directory.CreateDirectory(folder);
        if (file == "model.safetensors")
        {
            File.Copy(model.Path, Path.Combine(folder, file), overwrite: true);
        }

        await using var db = Open();
        var round = new Round
        {
            ProjectId = _project,
            Number = await db.Rounds.CountAsync(Cancellation) + 3,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            FinishedUtc = DateTime.UtcNow,
            ModelFile = file,
            ModelHash = ContentStore.Hash(await File.ReadAllBytesAsync(model.Path, Cancellation)),
            Certificate = certificate,
        };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        db.Promotions.Add(new Promotion
        {
            ProjectId = _project,
            RoundId = round.Id,
            Kind = PromotionKind.Override,
            Reason = "Signed for in a test.",
            AtUtc = DateTime.UtcNow,
        });
        (await db.Projects.FirstAsync(p => p.Id == _project, Cancellation)).ActiveRoundId = round.Id;
        await db.SaveChangesAsync(Cancellation);
        return round.Id;
    }

    private async Task ChangeAsync(Func<AppDbContext, Task> change)
    {
        await using var db = Open();
        await change(db);
    }

    private AppDbContext Open() => _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();

    private async Task<HttpClient> ProgramAsync(string owner, ApiScope scope = ApiScope.Predict)
    {
        var client = await _server.BrowserAsync();
        var key = await _server.Services.GetRequiredService<ApiKeyService>().CreateAsync(await _server.UserIdAsync(owner), "test", scope, 1, Cancellation);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Value);
        return client;
    }

    private static async Task<JsonNode> BodyAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!;
}
