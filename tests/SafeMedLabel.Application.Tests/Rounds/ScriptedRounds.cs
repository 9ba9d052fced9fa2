using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Rounds;

/// <summary>Rounds as the worker runs them, but for the tensors.</summary>
internal static class ScriptedRounds
{
    /// <summary>A workplace with what the worker has.</summary>
    public static Task<Workplace> CreateAsync(ScriptedTrainer trainer, Action<IServiceCollection>? configure = null) => Workplace.CreateAsync(services =>
    {
        services.AddSingleton<IModelTrainer>(trainer).AddSingleton<RoundDataReader>().AddSingleton<RoundRunner>();
        configure?.Invoke(services);
    });

    /// <summary>Starts a round.</summary>
    public static async Task<int> StartAsync(Workplace workplace, string userId)
    {
        var started = await workplace.Rounds.StartAsync(workplace.ProjectId, userId, TestContext.Current.CancellationToken);
        Assert.Null(started.Error);
        return started.Value;
    }

    /// <summary>Starts a round and runs it to its end.</summary>
    public static async Task<Round> RunAsync(Workplace workplace, string userId)
    {
        var id = await StartAsync(workplace, userId);
        await workplace.Get<RoundRunner>().RunAsync(id, TestContext.Current.CancellationToken);
        return (await workplace.Rounds.GetAsync(id, TestContext.Current.CancellationToken))!.Round;
    }
}
