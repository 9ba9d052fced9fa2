using System.Reflection;

namespace SafeMedLabel.Cli;

/// <summary>This program.</summary>
internal static class Software
{
    /// <summary>Its version, as models remember it.</summary>
    public static string Version { get; } =
        "SafeMedLabel " + typeof(Software).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
}
