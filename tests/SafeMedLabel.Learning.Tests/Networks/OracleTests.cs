using System.IO.Compression;
using System.Text.Json;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Networks;

/// <summary>The network against values that PyTorch and torchvision computed from the same checkpoint.</summary>
public sealed class OracleTests : IDisposable
{
    private readonly ResNet18 _network = new(2);
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly JsonDocument _oracle;

    public OracleTests()
    {
        _oracle = JsonDocument.Parse(File.ReadAllText(SharedData.Require("oracle/resnet18-head.json")));
        using var file = File.OpenRead(SharedData.Require("oracle/resnet18-head.pth.gz"));
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        using var checkpoint = new MemoryStream();
        unzipped.CopyTo(checkpoint);
        checkpoint.Position = 0;
        _network.Load(PyTorchCheckpoint.Read(checkpoint));
        _network.eval();
    }

    public void Dispose()
    {
        _scope.Dispose();
        _network.Dispose();
        _oracle.Dispose();
    }

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    public void Features_and_logits_agree_with_PyTorch_to_1e_4_relative(int size)
    {
        var expected = _oracle.RootElement.GetProperty($"{size}");
        var logits = Matrix(expected.GetProperty("logits"));
        using var noGradient = no_grad();
        var features = _network.Features(Input(logits.Length, size));

        AssertClose(logits, _network.Head.forward(features), 1e-4);
        AssertClose(Matrix(expected.GetProperty("features_first8")), features.slice(1, 0, 8, 1), 1e-4);
        AssertClose([[.. expected.GetProperty("features_norm").EnumerateArray().Select(v => v.GetDouble())]], features.norm(1).unsqueeze(0), 1e-4);
    }

    [Fact]
    public void One_step_of_sgd_with_batch_norm_in_training_agrees_with_PyTorch_to_1e_3()
    {
        var expected = _oracle.RootElement.GetProperty("supervised_step");
        using var optimizer = new MomentumSgd(_network.named_parameters(), momentum: 0.9, weightDecay: 0);
        _network.train();
        var loss = nn.functional.cross_entropy(_network.forward(Input(8, 64)), tensor(new long[] { 0, 1, 0, 1, 1, 0, 0, 1 }));
        loss.backward();
        optimizer.Step(0.01);
        _network.eval();

        using var noGradient = no_grad();
        Assert.Equal(expected.GetProperty("loss_x").GetDouble(), loss.ToDouble(), 1e-3);
        AssertClose(Matrix(expected.GetProperty("logits_after")), _network.forward(Input(4, 64)), 1e-3);
        AssertClose(
            [[.. expected.GetProperty("conv1_first5_after").EnumerateArray().Select(v => v.GetDouble())]],
            _network.Tensors()["base.conv1.weight"].flatten().slice(0, 0, 5, 1).unsqueeze(0),
            1e-3);
    }

    internal static Tensor Input(int count, int size)
    {
        var values = new float[count * 3 * size * size];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(Math.Sin(0.37 * i) + Math.Cos(1e-5 * i * i));
        }

        return tensor(values, [count, 3, size, size]);
    }

    internal static double[][] Matrix(JsonElement json) =>
        [.. json.EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetDouble()).ToArray())];

    internal static void AssertClose(double[][] expected, Tensor actual, double relative)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            for (var j = 0; j < expected[i].Length; j++)
            {
                var tolerance = relative * Math.Max(1, Math.Abs(expected[i][j]));
                Assert.Equal(expected[i][j], actual[i, j].ToDouble(), tolerance);
            }
        }
    }
}
