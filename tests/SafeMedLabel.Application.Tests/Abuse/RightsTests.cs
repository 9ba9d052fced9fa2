using System.Reflection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Whoever calls, from whatever page: what a person may not do is not done.</summary>
public sealed class RightsTests
{
    public static TheoryData<string> Reads => [.. ServiceCalls.Reads];

    public static TheoryData<string> Writes => [.. ServiceCalls.Writes.Select(w => w.Name)];

    [Fact]
    public void Every_public_method_of_a_service_is_known_to_read_or_to_ask_for_a_right()
    {
        var methods = from service in typeof(Result).Assembly.GetExportedTypes()
                      where (service.Name.EndsWith("Service", StringComparison.Ordinal) || service == typeof(AuditTrail)) && service.Name != "PredictionService"
                      from method in service.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                      where !method.IsSpecialName && method.DeclaringType == service && method.Name != "Dispose"
                      select $"{service.Name}.{method.Name}";

        Assert.Equal(
            methods.Distinct().Order(StringComparer.Ordinal),
            ServiceCalls.Reads.Concat(ServiceCalls.WithoutRight.Keys).Concat(ServiceCalls.Writes.Select(w => w.Name)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task Nothing_is_written_for_whoever_has_no_right_to_it_and_everything_for_whoever_has(string name)
    {
        var write = ServiceCalls.Writes.Single(w => w.Name == name);
        await using var hospital = await Hospital.OpenAsync();
        var rightful = hospital.Me = hospital.Rightful(write.Least);
        await write.Arrange(hospital);
        var before = DatabaseContent.Read(hospital.DatabaseFile);

        foreach (var person in hospital.Wrongful(write.Least))
        {
            hospital.Me = person ?? rightful;
            Assert.True(IsDenied(await CallAsync(write, hospital, person)), $"{name} was done for {person ?? "a stranger"}.");
        }

        // Nor does anybody, be they an admin, act under another's name.
        if (NamesThePerson(name))
        {
            hospital.Me = rightful;
            Assert.True(IsDenied(await CallAsync(write, hospital, write.Least == Least.Admin ? hospital.Lead : hospital.Admin)), $"{name} was done under another's name.");
        }

        Assert.Equal(before, DatabaseContent.Read(hospital.DatabaseFile));

        hospital.Me = rightful;
        var done = await CallAsync(write, hospital, rightful);
        Assert.False(IsDenied(done), $"{name} was denied to whoever may: {done}");
        Assert.Null(ErrorOf(done));
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task What_is_known_to_read_writes_nothing(string name)
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.AnswerAsync(hospital.Me = hospital.Reader);
        await hospital.AddRoundAsync(RoundState.Completed);
        var round = (await hospital.Get<RoundService>().GetAsync(hospital.Id, TestContext.Current.CancellationToken))!;
        var before = DatabaseContent.Read(hospital.DatabaseFile);
        var (service, methods) = Find(name);
        foreach (var method in methods)
        {
            await hospital.CallAsync(service, method, [.. method.GetParameters().Select(p => Argument(p, hospital, round))]);
        }

        Assert.Equal(before, DatabaseContent.Read(hospital.DatabaseFile));
    }

    private static (Type Service, IReadOnlyList<MethodInfo> Methods) Find(string name) =>
        name.Split('.') is [var service, var method] && typeof(Result).Assembly.GetExportedTypes().Single(t => t.Name == service) is var type
            ? (type, [.. type.GetMethods().Where(m => m.Name == method)])
            : throw new ArgumentException("A service and its method.", nameof(name));

    /// <summary>A value with which a method finds something to read.</summary>
    private static object? Argument(ParameterInfo parameter, Hospital hospital, RoundDetail round) => (parameter.Name, parameter.ParameterType) switch
    {
        (_, { } type) when type == typeof(CancellationToken) => TestContext.Current.CancellationToken,
        ("roundId" or "firstId" or "secondId", _) => hospital.Id,
        ("projectId" or "id", { } type) when type == typeof(int) => hospital.Project,
        (_, { } type) when type == typeof(int) => 1,
        (_, { } type) when type == typeof(Guid) => hospital.Images[0],
        ("userId" or "readerId", _) => hospital.Me,
        ("path", _) => hospital.AddCells(),
        (_, { } type) when type == typeof(string) => "1",
        (_, { } type) when type == typeof(Stream) => new MemoryStream(),
        (_, { } type) when type == typeof(AuditFilter) => new AuditFilter(),
        (_, { } type) when type == typeof(RoundDetail) => round,
        (_, { } type) when type == typeof(Round) => round.Round,
        (_, { } type) when type == typeof(UploadedFile) => new UploadedFile(hospital.Project, hospital.Me, "cells.zip", 3, 1),
        (_, { } type) when type == typeof(IReadOnlyCollection<LabelAuditState>) => Enum.GetValues<LabelAuditState>(),
        _ when parameter.HasDefaultValue => parameter.DefaultValue,
        _ => throw new NotSupportedException($"{parameter.Member.Name} takes {parameter}."),
    };

    /// <summary>In a method of its own: whom the program acts for holds until it ends.</summary>
    private static async Task<object?> CallAsync(ServiceWrite write, Hospital hospital, string? person)
    {
        CurrentActor.Set(person);
        return await write.Call(hospital);
    }

    private static bool NamesThePerson(string name) =>
        Find(name).Methods.SelectMany(m => m.GetParameters())
            .Any(p => p.Name is "readerId" or "adjudicatorId" or "requestedById" or "invitedById" || p.ParameterType == typeof(AnswerRequest) || p.ParameterType == typeof(GridRequest));

    private static bool IsDenied(object? outcome) => outcome switch
    {
        null => true,
        QueueView queue => queue.State == QueueState.Denied,
        GridView grid => grid.State == GridState.Denied,
        _ => ErrorOf(outcome) is { } error && error.StartsWith("Nothing was changed: you do not have the right", StringComparison.Ordinal),
    };

    private static string? ErrorOf(object? outcome) => outcome?.GetType().GetProperty(nameof(Result.Error))?.GetValue(outcome) as string;
}
