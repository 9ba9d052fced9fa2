using System.Reflection;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Cli.Tests;

/// <summary>The rule for numbers beside tensors; see <c>HeldScalars</c> in the learning library.</summary>
public sealed class NumberTests
{
    [Fact]
    public void The_program_leaves_arithmetic_with_tensors_to_the_learning_library()
    {
        var built = typeof(NumberTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "SafemedOutput").Value!;

        Assert.Empty(new UnheldScalars(Path.Combine(built, "TorchSharp.dll")).Find(Path.Combine(built, "safemed.dll")));
    }
}
