using NetVips;

namespace SafeMedLabel.Application.Imaging;

/// <summary>How libvips is used; whoever calls it sets it up first.</summary>
internal static class Vips
{
    /// <summary>Sets it up.</summary>
    public static void SetUp()
    {
        // Every picture is read once: a cache of operations would only hold memory.
        Cache.Max = 0;
        NetVips.NetVips.BlockUntrusted = true;
        // An import's page names the pictures that cannot be read; libvips' own warnings about them would only fill standard error.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, (_, _, _) => { });
    }
}
