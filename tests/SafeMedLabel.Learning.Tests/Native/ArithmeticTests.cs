using System.Diagnostics;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Testing;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

public sealed class ArithmeticTests : IDisposable
{
    private const string Fault = "a 3 × 3 convolution, forwards";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Float32_is_never_refused() => Arithmetic.Require(ScalarType.Float32);

    [Theory]
    [InlineData(ScalarType.BFloat16, "bfloat16")]
    [InlineData(ScalarType.Int8, "int8")]
    public void A_type_is_refused_exactly_where_the_processor_lacks_it_or_was_seen_to_be_wrong(ScalarType type, string name)
    {
        var isRight = Processor.Has(type) && LibTorch.Proof.FaultOf(type) is null;

        Assert.Equal(isRight, Arithmetic.Has(type));
        if (!isRight)
        {
            Assert.Matches($"(in|for) {name}.*: use float32", Assert.Throws<ArgumentException>(() => Arithmetic.Require(type)).Message);
        }
    }

    [Fact]
    public void What_this_machine_computes_is_found_once_and_then_read()
    {
        var begun = 0;
        var found = ArithmeticProof.Find(_folder.Path, () => begun++);
        var file = Assert.Single(Directory.GetFiles(_folder.Path));

        Assert.Null(found.FaultOf(ScalarType.Float32));
        Assert.Equal(Arithmetic.Types.Where(known => Processor.Has(known.Value)).Select(known => known.Key), found.Faults.Keys);
        File.WriteAllText(file, """{"InstructionSet":"SSE41","Faults":{"float32":null,"int8":"a reason"}}""");
        var read = ArithmeticProof.Find(_folder.Path, () => begun++);
        Assert.Equal(("SSE41", "a reason", 1), (read.InstructionSet, read.FaultOf(ScalarType.Int8), begun));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    public void A_file_that_is_damaged_is_found_anew(string damaged)
    {
        ArithmeticProof.Find(_folder.Path, () => { });
        var file = Assert.Single(Directory.GetFiles(_folder.Path));
        File.WriteAllText(file, damaged);

        Assert.Null(ArithmeticProof.Find(_folder.Path, () => { }).FaultOf(ScalarType.Float32));
        Assert.NotEqual(damaged, File.ReadAllText(file));
    }

    [Fact]
    public void A_type_that_is_wrong_takes_no_other_with_it()
    {
        var proof = ArithmeticProof.Try(_ => new Dictionary<string, string?> { ["float32"] = null, ["bfloat16"] = Fault, ["int8"] = null });

        Assert.Null(proof.InstructionSet);
        Assert.Equal([null, Fault, null], Arithmetic.Types.Values.Select(proof.FaultOf));
    }

    [Fact]
    public void Where_float32_is_wrong_with_all_instructions_fewer_are_used_and_where_it_still_is_nothing_is_computed()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(ArithmeticProof.Setting) is not null, "Somebody chose the instructions.");
        var fewer = ArithmeticProof.Try(instructions => new Dictionary<string, string?> { ["float32"] = instructions is null ? Fault : null });

        Assert.Equal("AVX2", fewer.InstructionSet);
        Assert.Null(fewer.FaultOf(ScalarType.Float32));
        Assert.NotNull(fewer.FaultOf(ScalarType.BFloat16));
        var refusal = Assert.Throws<NotSupportedException>(() => ArithmeticProof.Try(_ => new Dictionary<string, string?> { ["float32"] = Fault }));
        Assert.Equal($"It computes wrongly on this machine's processor: {Fault}.", refusal.Message);
    }

    [Fact]
    public void A_process_that_dies_over_a_type_leaves_those_before_it_right_and_none_after_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no such shell.");
        var said = ArithmeticProof.Run(new ProcessStartInfo("sh", ["-c", $"echo float32; echo 'bfloat16 {Fault}'; kill -FPE $$; echo int8"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        var proof = ArithmeticProof.Try(_ => said);

        Assert.Equal([null, Fault, "the check ended before its end"], Arithmetic.Types.Values.Select(proof.FaultOf));
    }

    [Fact]
    public void A_check_that_could_not_start_or_load_the_library_or_was_killed_says_so_and_blames_no_arithmetic()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no such shell.");
        static string Refusal(string program, params string[] arguments) => Assert.Throws<NotSupportedException>(() => ArithmeticProof.Run(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })).Message;

        Assert.Equal("no such library", Refusal("sh", "-c", $"echo no such library >&2; exit {ArithmeticProbe.CannotLoad}"));
        Assert.Equal("the check of its arithmetic was killed, perhaps for want of memory; try again", Refusal("sh", "-c", "echo float32; kill -KILL $$"));
        Assert.StartsWith("the check of its arithmetic did not start: ", Refusal("/no/such/program"), StringComparison.Ordinal);
    }
}
