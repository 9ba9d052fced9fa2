using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

/// <summary>Four patients of twelve images, all read by ada, three of them wrongly; what the trainer says of each image is its true class.</summary>
public sealed class LabelAuditTests : IAsyncLifetime
{
    private const int Images = 48;

    /// <summary>In queue order, with the certainty of the trainer about each.</summary>
    private static readonly Dictionary<int, double> Wrong = new() { [5] = 0.95, [20] = 0.99, [33] = 0.97 };

    private readonly ScriptedTrainer _trainer = new();
    private readonly Dictionary<int, (int Class, double Certainty, string Patient)> _truth = [];
    private Workplace _workplace = null!;
    private List<Guid> _images = [];
    private string _lead = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LabelAuditService Audits => _workplace.Get<LabelAuditService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync(services => services.AddSingleton<IModelTrainer>(_trainer).AddSingleton<RoundDataReader>().AddSingleton<LabelAuditRunner>());
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        for (var patient = 0; patient < 4; patient++)
        {
            _images.AddRange(await _workplace.AddImagesAsync(Images / 4, patient: $"P{patient}"));
        }

        await using var db = _workplace.Open();
        foreach (var (row, image) in (await db.Images.OrderBy(i => i.ContentHash).ToListAsync(Cancellation)).Index())
        {
            _truth[row] = (image.ReferenceClass!.Value, Wrong.GetValueOrDefault(_images.IndexOf(image.Id), 0.9), image.Patient);
        }

        _trainer.Answer = (_, row) => _truth[row].Class == 0 ? [_truth[row].Certainty, 1 - _truth[row].Certainty] : [1 - _truth[row].Certainty, _truth[row].Certainty];
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Wrong_labels_are_found_the_surest_first_and_nothing_else_is_suspected()
    {
        await ReadAllAsync();

        var audit = await RunAsync();

        Assert.Equal((LabelAuditState.Completed, null, Images, 1.0), (audit.State, audit.Error, audit.LabelCount, audit.Progress));
        var found = await Audits.ListAsync(audit.Id, 100, Cancellation);
        Assert.Equal([_images[20], _images[33], _images[5]], found.Select(f => f.ImageId));
        Assert.Equal(3, await Audits.CountAsync(audit.Id, Cancellation));
        Assert.All(found, f => Assert.Equal((1 - f.SuggestedClass, SuspicionState.Unsent), (f.GivenClass, f.State)));
        Assert.Equal((0.99, 0.01), (found[0].SuggestedProbability, Math.Round(found[0].GivenProbability, 9)));
    }

    [Fact]
    public async Task Each_image_is_asked_of_a_model_that_was_trained_without_its_patient_and_the_models_are_deleted()
    {
        await ReadAllAsync();
        var tasks = new Dictionary<string, TrainingTask>();
        var asked = new List<(string Model, int Row)>();
        _trainer.WhileTraining = (_, _) => tasks.Add(Path.GetFileName(_trainer.Task!.ModelPath), _trainer.Task);
        var answer = _trainer.Answer;
        _trainer.Answer = (model, row) =>
        {
            asked.Add((model, row));
            return answer(model, row);
        };

        await RunAsync();

        Assert.Equal(LabelCrossValidation.UsualFolds, tasks.Count);
        Assert.Equal(Enumerable.Range(0, Images), asked.Select(a => a.Row).Order());
        Assert.All(asked, a => Assert.DoesNotContain(_truth[a.Row].Patient, tasks[a.Model].Labelled.Select(row => _truth[row].Patient)));
        Assert.All(tasks.Values, task => Assert.Equal(("supervised", 0, 0, 0), (task.Method, task.Pool.Count, task.Validation.Count, task.Calibration.Count)));
        Assert.Empty(Directory.GetDirectories(_workplace.Storage.ProjectFolder(_workplace.ProjectId), "label-audit-*"));
    }

    [Theory]
    [InlineData(Beginning.Random, Beginning.Random)]
    [InlineData(Beginning.ImageNet, Beginning.ImageNet)]
    [InlineData(Beginning.ActiveModel, Beginning.ImageNet)]
    [InlineData(Beginning.File, Beginning.ImageNet)]
    public async Task An_audit_begins_as_the_projects_rounds_do_but_never_with_what_may_have_seen_the_labels(Beginning project, Beginning audit)
    {
        await ReadAllAsync();
        await _workplace.ChangeAsync(p => p.Beginning = project);
        await RunAsync();

        Assert.Equal((audit, null), (_trainer.Task!.Beginning, _trainer.Task.BeginningFile));
    }

    [Fact]
    public async Task A_sent_image_goes_to_another_reader_before_all_others_and_not_to_the_one_who_read_it_or_sent_it()
    {
        await ReadAllAsync();
        var audit = await RunAsync();
        Assert.Null((await Audits.SendAsync(audit.Id, _images[33], _lead, Cancellation)).Error);
        // Nor to the one who sent it, who has seen what the model says.
        foreach (var reader in new[] { "ada", _lead })
        {
            Assert.Equal(QueueState.OthersToRead, (await _workplace.Labelling.OpenAsync(_workplace.ProjectId, reader, 1, Cancellation)).State);
        }

        var unread = await _workplace.AddImagesAsync(3, patient: "P9");
        Assert.Equal(unread[0], await _workplace.NextAsync("ada"));
        Assert.Equal(_images[33], await _workplace.AnswerNextAsync("ben", classIndex: 0));
        Assert.Equal(unread[1], await _workplace.NextAsync("ben"));
        Assert.Equal(unread[2], await _workplace.NextAsync("cyd"));
        Assert.Equal(QueueReason.SecondReading, (await _workplace.Labelling.WhyAsync(_workplace.ProjectId, _images[33], "ben", Cancellation))!.Reason);
        Assert.Contains("sent already", (await Audits.SendAsync(audit.Id, _images[33], _lead, Cancellation)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sent_image_is_still_wanted_after_the_plan_of_readings_was_made_anew()
    {
        await ReadAllAsync();
        var audit = await RunAsync();
        Assert.Equal(2, (await Audits.SendFirstAsync(audit.Id, 2, _lead, Cancellation)).Value);
        var projects = _workplace.Get<ProjectService>();
        var project = (await projects.GetAsync(_workplace.ProjectId, Cancellation))!;

        foreach (var readings in new[] { 3, 1 })
        {
            Assert.Null((await projects.UpdateAsync(project.Id, ProjectSettings.Of(project) with { ReadingsPerImage = readings }, project.Version, Cancellation)).Error);
            project = (await projects.GetAsync(_workplace.ProjectId, Cancellation))!;
        }

        await using var db = _workplace.Open();
        Assert.Equal(
            new[] { _images[20], _images[33] }.Order(), (await db.Images.Where(i => i.ReadingsWanted == 2).Select(i => i.Id).ToListAsync(Cancellation)).Order());
        Assert.Equal(Images - 2, await db.Images.CountAsync(i => i.ReadingsWanted == 1, Cancellation));
    }

    [Fact]
    public async Task The_yield_counts_second_readings_that_contradict_and_what_adjudicators_say()
    {
        await ReadAllAsync();
        var audit = await RunAsync();
        Assert.Equal(new AuditYield(0, 0, 0, 0, 0), await YieldAsync());
        Assert.Equal(3, (await Audits.SendFirstAsync(audit.Id, 10, _lead, Cancellation)).Value);
        Assert.Equal(new AuditYield(3, 0, 0, 0, 0), await YieldAsync());

        // ben contradicts one label, confirms another, and skips the third, which is no reading.
        var given = (await Audits.ListAsync(audit.Id, 3, Cancellation)).ToDictionary(f => f.ImageId, f => f.GivenClass);
        var contradicted = await _workplace.NextAsync("ben");
        await _workplace.AnswerAsync("ben", contradicted, classIndex: 1 - given[contradicted]);
        var confirmed = await _workplace.NextAsync("ben");
        await _workplace.AnswerAsync("ben", confirmed, classIndex: given[confirmed]);
        await _workplace.AnswerNextAsync("ben", AnswerKind.Skip);
        Assert.Equal(new AuditYield(3, 2, 1, 0, 0), await YieldAsync());

        var adjudications = _workplace.Get<AdjudicationService>();
        Assert.Equal(contradicted, Assert.Single(await adjudications.DisputedAsync(_workplace.ProjectId, Cancellation)).ImageId);
        await adjudications.DecideAsync(_workplace.ProjectId, contradicted, _lead, 1 - given[contradicted], Guid.NewGuid(), Cancellation);

        Assert.Equal(new AuditYield(3, 2, 1, 1, 1), await YieldAsync());
        Assert.Equal((0.5, true), (1.0 / 2, (await YieldAsync()).Interval is { Low: < 0.5, High: > 0.5 }));
        var states = (await Audits.ListAsync(audit.Id, 3, Cancellation)).ToDictionary(f => f.ImageId, f => f.State);
        Assert.Equal((SuspicionState.Decided, SuspicionState.Confirmed), (states[contradicted], states[confirmed]));
        Assert.Equal(SuspicionState.Waiting, states.Single(s => s.Key != contradicted && s.Key != confirmed).Value);
    }

    [Fact]
    public async Task What_an_earlier_audit_sent_waits_in_a_later_one_and_what_is_decided_is_suspected_no_more()
    {
        await ReadAllAsync();
        var first = await RunAsync();
        await Audits.SendAsync(first.Id, _images[5], _lead, Cancellation);
        await Audits.SendAsync(first.Id, _images[20], _lead, Cancellation);
        await _workplace.Get<AdjudicationService>().DecideAsync(_workplace.ProjectId, _images[20], _lead, 0, Guid.NewGuid(), Cancellation);

        var second = await RunAsync();

        Assert.Equal(
            [(_images[33], SuspicionState.Unsent), (_images[5], SuspicionState.Waiting)],
            (await Audits.ListAsync(second.Id, 10, Cancellation)).Select(f => (f.ImageId, f.State)));
        Assert.Equal(1, (await Audits.SendFirstAsync(second.Id, 10, _lead, Cancellation)).Value);
    }

    [Fact]
    public async Task Too_few_labels_and_a_second_audit_beside_a_running_one_are_refused_with_a_sentence()
    {
        Assert.Equal(
            "A label audit needs at least 10 labels of two or more patients in each of two classes; label more images first.", (await StartAsync()).Error);
        await ReadAllAsync();

        Assert.Null((await StartAsync()).Error);
        Assert.Equal("A label audit is already waiting or running.", (await StartAsync()).Error);
    }

    [Fact]
    public async Task With_fewer_patients_than_usual_folds_each_is_held_out_by_itself()
    {
        await ReadAsync(36);

        var done = await RunAsync();

        Assert.Equal((LabelAuditState.Completed, 3), (done.State, done.Folds));
    }

    [Fact]
    public void More_folds_than_patients_are_refused_with_a_sentence()
    {
        AuditedImage[] images = [.. Enumerable.Range(0, 60).Select(i => new AuditedImage(i, $"p{i % 3}", i / 3 % 2))];

        Assert.Null(LabelCrossValidation.Problem(images, 3));
        Assert.Equal("A label audit holds whole patients out, a part in turn of 4; there are labels of only 3 patients.", LabelCrossValidation.Problem(images, 4));
    }

    [Fact]
    public async Task An_audit_that_cannot_go_on_fails_with_a_sentence_and_leaves_no_model_behind()
    {
        await ReadAllAsync();
        _trainer.WhileTraining = (_, _) => throw new InvalidOperationException("The disk is full.");

        var failed = await RunAsync();
        Assert.Equal((LabelAuditState.Failed, "InvalidOperationException: The disk is full."), (failed.State, failed.Error));
        Assert.Empty(Directory.GetDirectories(_workplace.Storage.ProjectFolder(_workplace.ProjectId), "label-audit-*"));

        var stranger = await Audits.StartAsync(_workplace.ProjectId, "somebody", Cancellation);
        var refused = await RunAsync(stranger.Value);
        Assert.Equal((LabelAuditState.Failed, "Whoever started this audit may no longer start audits."), (refused.State, refused.Error));
    }

    [Fact]
    public async Task A_person_stops_an_audit_at_the_next_step()
    {
        await ReadAllAsync();
        var id = (await StartAsync()).Value;
        _trainer.WhileTraining = (observer, _) =>
        {
            using (var db = _workplace.Open())
            {
                db.LabelAudits.ExecuteUpdate(set => set.SetProperty(a => a.CancelRequested, true));
            }

            _workplace.Time.Advance(TimeSpan.FromSeconds(2));
            observer.Progressed(new TrainingStep(1, 0.5, 0.7, 30, 10));
        };

        Assert.Equal(LabelAuditState.Cancelled, (await RunAsync(id)).State);
        Assert.Contains("already ended", (await Audits.CancelAsync(id, Cancellation)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_audit_whose_worker_was_stopped_begins_again_with_the_next()
    {
        await ReadAllAsync();
        var id = (await StartAsync()).Value;
        using var stopping = new CancellationTokenSource();
        _trainer.WhileTraining = (_, _) => stopping.Cancel();
        await _workplace.Get<LabelAuditRunner>().RunAsync(id, stopping.Token);
        Assert.Equal(LabelAuditState.Running, (await Audits.LatestAsync(_workplace.ProjectId, LabelAudit.ActiveStates, Cancellation))!.State);

        _trainer.WhileTraining = (_, _) => { };
        Assert.Equal(LabelAuditState.Completed, (await RunAsync(id)).State);
        Assert.Equal(3, await Audits.CountAsync(id, Cancellation));
    }

    private Task<AuditYield> YieldAsync() => Audits.YieldAsync(_workplace.ProjectId, Cancellation);

    private Task<Result<int>> StartAsync() => Audits.StartAsync(_workplace.ProjectId, _lead, Cancellation);

    private async Task<LabelAudit> RunAsync()
    {
        var started = await StartAsync();
        Assert.Null(started.Error);
        return await RunAsync(started.Value);
    }

    private async Task<LabelAudit> RunAsync(int id)
    {
        await _workplace.Get<LabelAuditRunner>().RunAsync(id, Cancellation);
        return (await Audits.LatestAsync(_workplace.ProjectId, Enum.GetValues<LabelAuditState>(), Cancellation))!;
    }

    private Task ReadAllAsync() => ReadAsync(Images);

    /// <summary>The next images, as they are but for the wrong ones.</summary>
    private async Task ReadAsync(int count)
    {
        for (var n = 0; n < count; n++)
        {
            var image = await _workplace.NextAsync("ada");
            var place = _images.IndexOf(image);
            Assert.Null((await _workplace.AnswerAsync("ada", image, classIndex: Wrong.ContainsKey(place) ? 1 - (place % 2) : place % 2)).Error);
        }
    }
}
