using System.Buffers.Binary;
using System.Text;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Checkpoints;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    private string Path => _folder.File("tensors.safetensors");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_is_written_is_read_back_bit_by_bit_whatever_its_type_and_shape()
    {
        var tensors = new Dictionary<string, Tensor>
        {
            ["f32"] = tensor(new[] { 1.5f, float.NaN, float.NegativeInfinity, 1e-40f }),
            ["f64"] = tensor(new[] { Math.PI, -0.0 }, [1, 2]),
            ["i64"] = tensor(new[] { long.MinValue, long.MaxValue }),
            ["bf16"] = tensor(new[] { 1f, 2f }).to(ScalarType.BFloat16),
            ["bool"] = tensor(new[] { true, false, true }),
            ["scalar"] = tensor(7L),
            ["empty"] = zeros(0, 3),
            ["turned"] = arange(6, dtype: ScalarType.Float32).view(2, 3).t(),
        };

        SafeTensors.Write(Path, tensors, new Dictionary<string, string> { ["note"] = "grün" });
        var (read, metadata) = SafeTensors.Read(Path);

        Assert.Equal("grün", Assert.Single(metadata).Value);
        Assert.Equal(tensors.Keys.Order(), read.Keys.Order());
        Assert.All(tensors, entry =>
        {
            Assert.Equal(entry.Value.dtype, read[entry.Key].dtype);
            Assert.Equal(entry.Value.shape, read[entry.Key].shape);
            Assert.Equal(entry.Value.contiguous().bytes.ToArray(), read[entry.Key].bytes.ToArray());
        });
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "cut short or added to")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "cut short or added to")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "do not follow")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "do not follow")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "do not fit its shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}""", 8, "impossible shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "impossible shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[-8,-8]}}""", 0, "do not fit its shape")]
    [InlineData("""{"a":{"dtype":"PICKLE","shape":[2],"data_offsets":[0,8]}}""", 8, "malformed or of an unknown type")]
    [InlineData("""{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""", 8, "malformed")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8, "malformed")]
    [InlineData("""{"a":null}""", 0, "malformed")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "names something twice")]
    [InlineData("""[1,2]""", 0, "no object")]
    [InlineData("""{"a":""", 0, "not JSON")]
    public void A_header_that_lies_is_refused_with_what_is_wrong(string header, int dataLength, string reason)
    {
        WriteFile(Encoding.UTF8.GetBytes(header), dataLength);

        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(1000)]
    [InlineData(long.MaxValue)]
    public void A_header_of_impossible_length_is_refused(long length)
    {
        var bytes = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        File.WriteAllBytes(Path, bytes);

        Assert.Contains("impossible length", Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_file_too_short_for_a_length_is_refused(int length)
    {
        File.WriteAllBytes(Path, new byte[length]);

        Assert.Contains("too short", Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_that_is_no_text_is_refused()
    {
        WriteFile([(byte)'{', 0xff, 0xfe, (byte)'}'], 0);

        Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Path));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        SafeTensors.Write(Path, new Dictionary<string, Tensor> { ["a"] = ones(5), ["b"] = zeros(2, 2) }, new Dictionary<string, string>());
        var whole = File.ReadAllBytes(Path);

        Assert.All(Enumerable.Range(0, whole.Length), length =>
        {
            File.WriteAllBytes(Path, whole[..length]);
            Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Path));
        });
    }

    private void WriteFile(byte[] header, int dataLength)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(Path, [.. length, .. header, .. new byte[dataLength]]);
    }
}
