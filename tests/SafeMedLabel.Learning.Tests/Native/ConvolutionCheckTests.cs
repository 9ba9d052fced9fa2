using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

public sealed class ConvolutionCheckTests
{
    public ConvolutionCheckTests() => LibTorch.EnsureLoaded();

    [Theory]
    [InlineData(7)]
    [InlineData(3)]
    [InlineData(1)]
    public void One_convolution_that_is_wrong_in_one_value_is_found(int kernel)
    {
        var fault = ConvolutionCheck.Fault(ScalarType.Float32, (weights, result) => weights.shape[2] == kernel ? result + OneWrong(result) : result);

        Assert.StartsWith($"a {kernel} × {kernel} convolution from ", fault, StringComparison.Ordinal);
        Assert.EndsWith("forwards", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gradient_that_is_wrong_is_found()
    {
        // The values are right, and twice their half has another gradient where only one half may have one.
        var fault = ConvolutionCheck.Fault(ScalarType.Float32, (_, result) => (result / 2) + (result / 2).detach());

        Assert.EndsWith("backwards", fault, StringComparison.Ordinal);
    }

    private static Tensor OneWrong(Tensor like)
    {
        var wrong = zeros_like(like);
        wrong[1, like.shape[1] - 1, 0, 0] = 1;
        return wrong;
    }
}
