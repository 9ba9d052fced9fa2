using SafeMedLabel.Learning.Native;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

public sealed class HeldScalarsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void No_code_but_that_which_holds_them_hands_a_number_to_a_tensor()
    {
        var found = Rule().Find(typeof(HeldScalars).Assembly.Location, typeof(HeldScalars).FullName!, typeof(Number).FullName!);

        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Fact]
    public void Each_way_to_hand_a_number_to_a_tensor_is_found()
    {
        var found = Rule().Find(typeof(Unheld).Assembly.Location).Where(line => line.Contains("/Unheld.", StringComparison.Ordinal)).ToArray();

        string[] unheld = [.. typeof(Unheld).GetMethods().Where(m => m.DeclaringType == typeof(Unheld)).Select(m => m.Name)];
        Assert.Equal(11, unheld.Length);
        Assert.All(unheld, name => Assert.Contains(found, line => line.Contains($".{name} calls ", StringComparison.Ordinal)));
    }

    [Fact]
    public void One_who_may_make_them_must_hold_them()
    {
        var found = Rule().Find(typeof(Unheld).Assembly.Location, typeof(HeldScalarsTests).FullName!)
            .Where(line => line.Contains("/Unheld.", StringComparison.Ordinal)).ToArray();

        Assert.Contains(found, line => line.Contains($".{nameof(Unheld.Product)} calls Scalar.op_Implicit", StringComparison.Ordinal));
        Assert.Contains(found, line => line.Contains($".{nameof(Unheld.Sum)} calls Tensor.op_Addition", StringComparison.Ordinal));
        Assert.DoesNotContain(found, line => line.Contains($".{nameof(Unheld.Held)} calls ", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_operation_gives_its_values()
    {
        Same([3, 5], Values().Plus(2));
        Same([0.5f, 2.5f], Values().Minus(0.5));
        Same([4, 2], Values().SubtractedFrom(5));
        Same([2, 6], Values().Times(2));
        Same([0.5f, 1.5f], Values().DividedBy(2));
        Same([1, 1], Values().Modulo(2));
        Same([2, 3], Values().NoLessThan(2));
        Same([1, 9], Values().FilledWhere(tensor(new[] { false, true }), 9));
        Same([2, 6], Values().Plus(Values()));
        Assert.Equal([true, false], Values().IsLessThan(3).data<bool>().ToArray());
        Assert.Equal([false, true], Values().IsGreaterThan(1).data<bool>().ToArray());
        Assert.Equal([true, true], Values().IsAtLeast(1).data<bool>().ToArray());
        Assert.Equal([0L, 1, 2], HeldScalars.Count(3, ScalarType.Int64, CPU).data<long>().ToArray());
        Assert.Equal((2.5, -3L, true), (tensor(2.5f).ReadDouble(), tensor(-3L).ReadInt64(), tensor(true).ReadBoolean()));
    }

    [Fact]
    public void Operations_in_place_change_the_tensor_itself()
    {
        var values = Values();

        Assert.Same(values, values.AddInPlace(1).AddInPlace(Values()).AddInPlace(Values(), -3).MultiplyInPlace(-2).DivideInPlace(4).ClampInPlace(0.5, 0.75));
        Same([0.5f, 0.75f], values.SubtractedFrom(0).MultiplyInPlace(-1));
    }

    [Fact]
    public void A_tensor_of_whole_numbers_stays_one_with_a_whole_number_and_not_with_a_real_one()
    {
        var whole = tensor(new long[] { 7 });
        var half = tensor(new float[] { 7 }).to(ScalarType.BFloat16);

        Assert.Equal([ScalarType.Int64, ScalarType.Int64], [whole.Plus(2).dtype, whole.Modulo(2L).dtype]);
        Assert.Equal([ScalarType.Float32, ScalarType.Float32], [whole.Plus(2.0).dtype, whole.Times(2f).dtype]);
        Assert.Equal([ScalarType.BFloat16, ScalarType.BFloat16], [half.Plus(2).dtype, half.Times(2.0).dtype]);
    }

    private static UnheldScalars Rule() => new(typeof(torch).Assembly.Location);

    private static Tensor Values() => tensor(new float[] { 1, 3 });

    private static void Same(float[] expected, Tensor actual) => Assert.Equal(expected, actual.data<float>().ToArray());

    /// <summary>What the rule forbids. Only read, never run.</summary>
    private static class Unheld
    {
        public static Tensor Sum(Tensor values) => values + 1.0;

        public static Tensor Product(Tensor values) => values.mul(2);

        public static Tensor Sums(Tensor left, Tensor right) => left + right;

        public static Tensor InPlace(Tensor left, Tensor right) => left.add_(right);

        public static Tensor Comparison(Tensor values) => values > 0.5;

        public static Tensor Square(Tensor values) => values.square();

        public static Tensor Function(Tensor values) => nn.functional.leaky_relu(values, 0.1);

        public static double Reading(Tensor value) => value.ToDouble();

        public static Tensor ImplicitTensor(Tensor left, Tensor right) => left.lerp(right, 0.5);

        public static TorchSharp.Modules.BatchNorm2d Module() => nn.BatchNorm2d(3);

        public static Tensor Held(Tensor values)
        {
            using Scalar two = 2;
            return values.mul(two);
        }
    }
}
