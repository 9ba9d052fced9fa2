using SafeMedLabel.Learning.Native;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

[Collection(nameof(BusyCollector))]
public sealed class FreedScalarsTests
{
    [Fact]
    public void Numbers_stay_what_they_are_while_the_collector_frees_those_of_earlier_operations()
    {
        using var collector = new BusyCollector();
        using var one = tensor(1f);
        for (var i = 0; i < 30_000; i++)
        {
            using var sum = one.Plus(i % 1000);
            using var larger = sum.Plus(0.5);
            using var all = larger.Plus(one);
            Assert.Equal((i % 1000) + 2.5, all.ReadDouble());
        }
    }
}
