using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SafeMedLabel.Application.Outbound;

/// <summary>What whoever calls addresses that people entered adds to their container.</summary>
public static class OutboundServices
{
    /// <summary>Adds the guard and its setting.</summary>
    public static IServiceCollection AddOutboundGuard(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<OutboundOptions>().Bind(configuration.GetSection(OutboundOptions.Section))
            .Validate(outbound => outbound.IsValid, "The setting Outbound:Allow lists names, addresses or ranges of addresses (as 10.1.0.0/16), parted by commas.").ValidateOnStart();
        return services.AddSingleton<OutboundGuard>();
    }

    /// <summary>Adds an HTTP client whose connections the guard makes, and which keeps no log of its own: addresses may hold secrets.</summary>
    /// <param name="services">The container.</param>
    /// <param name="name">The client's name.</param>
    /// <param name="redirects">As of <see cref="OutboundGuard.NewHandler"/>.</param>
    /// <param name="configure">Sets the client up.</param>
    public static IServiceCollection AddOutboundClient(this IServiceCollection services, string name, int redirects, Action<HttpClient> configure)
    {
        services.AddHttpClient(name, configure).RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(provider => provider.GetRequiredService<OutboundGuard>().NewHandler(redirects));
        return services;
    }
}
