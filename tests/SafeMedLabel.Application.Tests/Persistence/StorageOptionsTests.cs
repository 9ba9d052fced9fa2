using System.Runtime.Versioning;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Persistence;

public sealed class StorageOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [UnsupportedOSPlatform("windows")]
    public void No_other_user_of_the_machine_can_enter_the_folder_whether_it_was_there_or_not(bool wasThere)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows folders inherit their owner's rights.");
        var storage = new StorageOptions { Root = _folder.File("storage") };
        if (wasThere)
        {
            Directory.CreateDirectory(storage.Root);
            File.SetUnixFileMode(storage.Root, (UnixFileMode)0b111_101_101);
        }

        storage.CreateRoot();

        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(storage.Root) & (UnixFileMode)0b111);
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(storage.Root) & (UnixFileMode)0b111_000_000);
    }
}
