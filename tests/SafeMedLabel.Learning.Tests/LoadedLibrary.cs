using SafeMedLabel.Learning.Native;

[assembly: AssemblyFixture(typeof(SafeMedLabel.Learning.Tests.LoadedLibrary))]

namespace SafeMedLabel.Learning.Tests;

/// <summary>
/// Loads the native library before any test: the first use of a tensor would load it unprepared, and which test comes first is
/// left to chance.
/// </summary>
public sealed class LoadedLibrary
{
    public LoadedLibrary() => LibTorch.EnsureLoaded();
}
