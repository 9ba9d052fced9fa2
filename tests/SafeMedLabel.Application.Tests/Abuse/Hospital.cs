using System.Reflection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Monitoring;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>
/// A closed project with its lead and its reader, an admin, and those who may nothing there: a lead of all open projects to whom it is not open, and
/// an admin whose account is disabled.
/// </summary>
internal sealed class Hospital : IAsyncDisposable
{
    /// <summary>Everybody's password.</summary>
    public const string Password = "correct horse battery";

    private readonly Workplace _workplace;

    private Hospital(Workplace workplace) => _workplace = workplace;

    /// <summary>The admin's account.</summary>
    public string Admin { get; private set; } = "";

    /// <summary>The lead's account.</summary>
    public string Lead { get; private set; } = "";

    /// <summary>The reader's account.</summary>
    public string Reader { get; private set; } = "";

    /// <summary>A lead of open projects who was given no role in this one.</summary>
    public string Outsider { get; private set; } = "";

    /// <summary>An admin whose account is disabled.</summary>
    public string Disabled { get; private set; } = "";

    /// <summary>In whose name a call is made.</summary>
    public string Me { get; set; } = "";

    /// <summary>What an arrangement made and a call is about.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int Project => _workplace.ProjectId;

    /// <summary>Twelve images of the pool, in queue order.</summary>
    public IReadOnlyList<Guid> Images { get; private set; } = [];

    /// <summary>The database's file.</summary>
    public string DatabaseFile => _workplace.Storage.DatabaseFile;

    /// <summary>The clock.</summary>
    public Microsoft.Extensions.Time.Testing.FakeTimeProvider Time => _workplace.Time;

    /// <summary>The folder of all that is stored.</summary>
    public string Root => _workplace.Storage.FullRoot;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Hospital> OpenAsync(Action<IServiceCollection>? configure = null)
    {
        var hospital = new Hospital(await Workplace.CreateAsync(services =>
        {
            // Five accounts for each of many tests: what guards their passwords is not the matter here.
            services.Configure<PasswordHasherOptions>(hasher => hasher.IterationCount = 1);
            configure?.Invoke(services);
        }));
        var workplace = hospital._workplace;
        hospital.Admin = await workplace.AddUserAsync("Ada", Roles.Admin);
        hospital.Lead = await workplace.AddUserAsync("Lea", Roles.Lead);
        hospital.Reader = await workplace.AddUserAsync("Rea", Roles.Pathologist);
        hospital.Outsider = await workplace.AddUserAsync("Otto", Roles.Lead);
        hospital.Disabled = await workplace.AddUserAsync("Dan", Roles.Admin);
        await workplace.WithAsync<AccountService, Result>(accounts => accounts.SetDisabledAsync(hospital.Disabled, disabled: true));
        hospital.Images = await workplace.AddImagesAsync(12);
        await workplace.RankAsync(hospital.Images);
        await workplace.ChangeAsync(p => (p.RevealAllowed, p.GridAllowed) = (true, true));
        await workplace.Get<MemberService>().SetAsync(hospital.Project, hospital.Lead, Roles.Lead, Cancellation);
        await workplace.Get<MemberService>().SetAsync(hospital.Project, hospital.Reader, Roles.Pathologist, Cancellation);
        await workplace.Get<MemberService>().SetClosedAsync(hospital.Project, isClosed: true, hospital.Admin, Cancellation);
        return hospital;
    }

    /// <summary>Who may do what at least somebody of this rank may, and nobody of a lower one.</summary>
    public string Rightful(Least least) => least switch
    {
        Least.Lead => Lead,
        Least.Admin => Admin,
        _ => Reader,
    };

    /// <summary>Those who may not: null is somebody who has not signed in.</summary>
    public IEnumerable<string?> Wrongful(Least least) => least switch
    {
        Least.Reader => [null, Disabled, Outsider],
        Least.Lead => [null, Disabled, Outsider, Reader],
        Least.Admin => [null, Disabled, Outsider, Reader, Lead],
        _ => [null, Disabled],
    };

    public T Get<T>()
        where T : notnull => _workplace.Get<T>();

    /// <summary>Calls a service that lives as long as a request.</summary>
    public async Task<object?> WithAsync<T>(Func<T, Task<Result>> call)
        where T : notnull => await _workplace.WithAsync(call);

    /// <summary>Calls any method of any service.</summary>
    public async Task CallAsync(Type service, MethodInfo method, object?[] arguments)
    {
        await using var scope = _workplace.Get<IServiceScopeFactory>().CreateAsyncScope();
        if (method.Invoke(method.IsStatic ? null : scope.ServiceProvider.GetRequiredService(service), arguments) is Task running)
        {
            await running;
        }
    }

    public AppDbContext Open() => _workplace.Open();

    /// <summary>Adds a row and returns it.</summary>
    public async Task<T> AddAsync<T>(T row)
        where T : class
    {
        await using var db = Open();
        db.Add(row);
        await db.SaveChangesAsync(Cancellation);
        return row;
    }

    /// <summary>Changes the project.</summary>
    public Task ChangeAsync(Action<Project> change) => _workplace.ChangeAsync(change);

    /// <summary>Answers a person's next image.</summary>
    public Task<Guid> AnswerAsync(string person) => _workplace.AnswerNextAsync(person);

    /// <summary>Labels so many images, classes in turn.</summary>
    public Task LabelAsync(int count) => _workplace.LabelAsync(Reader, count);

    /// <summary>An image of known class that no reader is asked about.</summary>
    public async Task<Guid> AddTestImageAsync() => (await _workplace.AddImagesAsync(1, DataSplit.Test))[0];

    /// <summary>Images of further patients.</summary>
    public async Task AddPatientsAsync(int patients, int images)
    {
        for (var patient = 0; patient < patients; patient++)
        {
            await _workplace.AddImagesAsync(images, patient: $"P{patient}");
        }
    }

    /// <summary>An import in which the stain is not that of the import before it.</summary>
    public async Task AddDriftAsync()
    {
        var imports = new StainedImports(_workplace);
        await imports.AddAsync(patients: 10);
        await imports.AddAsync(patients: 4, green: 0.3);
    }

    /// <summary>A live check of all images, in half of which the model was wrong, and sure.</summary>
    public async Task FailSilentlyAsync()
    {
        await ChangeAsync(p => p.AuditFraction = 1);
        await using var db = Open();
        var round = (await db.Projects.SingleAsync(Cancellation)).QueueRoundId!.Value;
        db.RoundPredictions.AddRange(Images.Select(id => new RoundPrediction { RoundId = round, ImageId = id, ClassIndex = 0, Confidence = 0.99 }));
        await db.SaveChangesAsync(Cancellation);
        await LabelAsync(Images.Count);
    }

    /// <summary>A round in a state; a completed one has a model.</summary>
    public async Task AddRoundAsync(RoundState state)
    {
        await using var db = Open();
        var round = new Round
        {
            ProjectId = Project,
            Number = 2,
            Method = "safemed-ssl",
            State = state,
            ModelFile = state == RoundState.Completed ? "model.safetensors" : null,
            LabelSnapshot = await db.LabelEvents.MaxAsync(e => (long?)e.Id, Cancellation) ?? 0,
            ImageSize = 64,
            Epochs = 1,
        };
        if (round.ModelFile is not null)
        {
            RoundModels.Leave(_workplace.Storage, round);
        }

        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        Id = round.Id;
    }

    /// <summary>A request for a person's answer to the image that they hold.</summary>
    public AnswerRequest Answer(Guid image, int classIndex = 0) => new(Project, image, Me, AnswerKind.Label, classIndex, 800, Guid.NewGuid());

    /// <summary>Makes a folder of pictures beside the storage and returns its path.</summary>
    public string AddCells()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, "cells", "a"));
        File.WriteAllBytes(Path.Combine(folder.FullName, "C1thin_1.png"), Pictures.Png(901));
        return folder.Parent!.FullName;
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();
}
