using SafeMedLabel.Learning.Native;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

public sealed class ProcessorTests
{
    [Fact]
    public void Float32_is_never_refused() => Processor.Require(ScalarType.Float32);

    [Theory]
    [InlineData(ScalarType.BFloat16, "bfloat16")]
    [InlineData(ScalarType.Int8, "int8")]
    public void A_type_is_refused_exactly_where_the_processor_lacks_it(ScalarType type, string name)
    {
        var hasIt = type == ScalarType.Int8 ? Processor.HasInt8 : Processor.HasBFloat16;
        var refused = Record.Exception(() => Processor.Require(type));

        Assert.Equal(hasIt, refused is null);
        Assert.True(hasIt || refused is ArgumentException && refused.Message.Contains($"no arithmetic for {name}: use float32", StringComparison.Ordinal));
    }
}
