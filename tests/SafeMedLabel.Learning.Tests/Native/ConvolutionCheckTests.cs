using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

public sealed class ConvolutionCheckTests
{
    public ConvolutionCheckTests() => LibTorch.EnsureLoaded();

    [Fact]
    public void The_librarys_convolutions_are_what_arithmetic_says() => ConvolutionCheck.Require();

    [Theory]
    [InlineData(7)]
    [InlineData(3)]
    [InlineData(1)]
    public void One_convolution_that_is_wrong_in_one_value_is_found(int kernel)
    {
        var refusal = Assert.Throws<NotSupportedException>(() => ConvolutionCheck.Require((values, weights, stride, padding) =>
        {
            var result = Convolve(values, weights, stride, padding);
            return weights.shape[2] == kernel && weights.shape[0] >= 64 ? result + OneWrong(result) : result;
        }));
        Assert.StartsWith($"It computes wrongly on this machine's processor: a {kernel} × {kernel} convolution gave ", refusal.Message, StringComparison.Ordinal);

        static Tensor OneWrong(Tensor like)
        {
            var wrong = zeros_like(like);
            wrong[1, like.shape[1] - 1, 0, 0] = 1;
            return wrong;
        }
    }

    [Fact]
    public void A_gradient_that_is_wrong_is_found() => Assert.Throws<NotSupportedException>(() => ConvolutionCheck.Require((values, weights, stride, padding) =>
    {
        // The values are right, and twice their half has another gradient where only one half may have one.
        var result = Convolve(values, weights, stride, padding);
        return (result / 2) + (result / 2).detach();
    }));

    private static Tensor Convolve(Tensor values, Tensor weights, long stride, long padding) =>
        nn.functional.conv2d(values, weights, strides: [stride, stride], padding: [padding, padding]);
}
