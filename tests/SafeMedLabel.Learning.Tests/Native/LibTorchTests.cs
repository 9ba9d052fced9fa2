using System.Runtime.Versioning;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Testing;
using TorchSharp;

namespace SafeMedLabel.Learning.Tests.Native;

public sealed class LibTorchTests : IDisposable
{
    private const string Present = "GLIBCXX_3.4";
    private const string Absent = "GLIBCXX_99.9.9";
    private const string Library = "libLibTorchSharp.so";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_need_is_made_weak_by_one_bit_and_only_once()
    {
        var original = ElfLibrary.Needing(Present, Absent, "GLIBCXX_3.4.20");
        var library = (byte[])original.Clone();

        Assert.True(ElfVersionNeeds.Requires(library, Absent));
        Assert.True(ElfVersionNeeds.MakeWeak(library, Absent));
        Assert.False(ElfVersionNeeds.Requires(library, Absent));
        Assert.False(ElfVersionNeeds.MakeWeak(library, Absent));

        Assert.Equal(2, library.Zip(original).Sum(pair => pair.First ^ pair.Second));
        Assert.True(ElfVersionNeeds.Requires(library, Present));
        Assert.True(ElfVersionNeeds.Requires(library, "GLIBCXX_3.4.20"));
    }

    [Fact]
    public void A_need_that_is_not_there_changes_nothing()
    {
        var library = ElfLibrary.Needing(Present);

        Assert.False(ElfVersionNeeds.MakeWeak(library, Absent));
        Assert.Equal(ElfLibrary.Needing(Present), library);
    }

    [Fact]
    public void What_is_no_library_or_a_damaged_one_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Requires("MZ"u8, Present));
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Requires(new byte[64], Present));
        var whole = ElfLibrary.Needing(Present, Absent);
        Assert.All(Enumerable.Range(1, 128), cut => Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Requires(whole.AsSpan()[..^cut], "GLIBCXX_0")));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void On_a_machine_that_lacks_the_version_the_library_is_relaxed_once_and_nothing_else_is_left()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has symbol versions.");
        File.WriteAllBytes(_folder.File(Library), ElfLibrary.Needing(Absent));

        Assert.True(LibTorch.Relax(_folder.Path, Absent));
        Assert.False(LibTorch.Relax(_folder.Path, Absent));

        Assert.False(ElfVersionNeeds.Requires(File.ReadAllBytes(_folder.File(Library)), Absent));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void On_a_machine_that_has_the_version_the_library_stays_as_it_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has symbol versions.");
        File.WriteAllBytes(_folder.File(Library), ElfLibrary.Needing(Present));

        Assert.False(LibTorch.Relax(_folder.Path, Present));

        Assert.Equal(ElfLibrary.Needing(Present), File.ReadAllBytes(_folder.File(Library)));
    }

    [Fact]
    public void A_device_that_is_not_there_is_refused_with_what_to_do()
    {
        Assert.Equal(torch.CPU, LibTorch.DeviceOf("cpu"));
        Assert.Equal("There is no device 'abacus'; there are cpu and cuda.", Assert.Throws<ArgumentException>(() => LibTorch.DeviceOf("abacus")).Message);
        Assert.SkipWhen(torch.cuda.is_available(), "This machine has a graphics card.");
        Assert.Contains("-p:LibTorchDevice=cuda", Assert.Throws<ArgumentException>(() => LibTorch.DeviceOf("cuda")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_real_library_computes_here() => Assert.Equal(3, (torch.ones(1) + 2).item<float>());
}
