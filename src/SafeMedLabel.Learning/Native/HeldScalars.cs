using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// Every operation of this program between tensors and plain numbers, and every reading of a number from a tensor. No other code may use the
/// library's own: a test reads the compiled code and names each place that does.
/// </summary>
/// <remarks>
/// <para>
/// TorchSharp turns a number into a native object, a <see cref="Scalar"/>, whose finalizer frees it. In <c>tensor + 1</c>, <c>tensor.mul(2)</c> or
/// <c>tensor.ToDouble()</c> nothing refers to that object once its address was handed to the native function. If the garbage collector runs on another
/// thread at that moment, it frees the object while the native function reads it: the function then throws, or it computes with another number and
/// nobody notices. The sum of two tensors is no exception, for TorchSharp makes a factor of 1 for it.
/// </para>
/// <para>Here each such object lives until the native function has returned.</para>
/// <para>Methods whose name ends in <c>InPlace</c> change their first tensor and return it. All others make a new tensor.</para>
/// </remarks>
internal static class HeldScalars
{
    /// <summary>What a second operand is multiplied by before it is added. It is never freed.</summary>
    private static readonly Scalar One = 1;

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>left + right. It comes first: TorchSharp would make a tensor of the number, too.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor Plus(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.add(number, One);
    }

    /// <summary>left − right.</summary>
    public static Tensor Minus(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.sub(number);
    }

    /// <summary>left − right.</summary>
    public static Tensor SubtractedFrom(this Tensor right, Number left)
    {
        using var number = left.ToScalar();
        return right.negative().add(number, One);
    }

    /// <summary>left · right.</summary>
    public static Tensor Times(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.mul(number);
    }

    /// <summary>left ÷ right, in real numbers.</summary>
    public static Tensor DividedBy(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.div(number);
    }

    /// <summary>What is left of <paramref name="left"/> after whole multiples of <paramref name="right"/>; it has the sign of <paramref name="right"/>.</summary>
    public static Tensor Modulo(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.remainder(number);
    }

    /// <summary>left &lt; right.</summary>
    public static Tensor IsLessThan(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.lt(number);
    }

    /// <summary>left &gt; right.</summary>
    public static Tensor IsGreaterThan(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.gt(number);
    }

    /// <summary>left ≥ right.</summary>
    public static Tensor IsAtLeast(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.ge(number);
    }

    /// <summary>The larger of each value and <paramref name="least"/>.</summary>
    public static Tensor NoLessThan(this Tensor values, Number least)
    {
        using var number = least.ToScalar();
        return values.clamp_min(number);
    }

    /// <summary><paramref name="value"/> where <paramref name="mask"/> is true; the values elsewhere.</summary>
    public static Tensor FilledWhere(this Tensor values, Tensor mask, Number value)
    {
        using var number = value.ToScalar();
        return values.masked_fill(mask, number);
    }

    /// <summary>left ← left + right.</summary>
    public static Tensor AddInPlace(this Tensor left, Tensor right) => left.add_(right, One);

    /// <summary>left ← left + factor · right.</summary>
    public static Tensor AddInPlace(this Tensor left, Tensor right, Number factor)
    {
        using var number = factor.ToScalar();
        return left.add_(right, number);
    }

    /// <summary>left ← left + right.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor AddInPlace(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.add_(number, One);
    }

    /// <summary>left ← left · right.</summary>
    public static Tensor MultiplyInPlace(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.mul_(number);
    }

    /// <summary>left ← left ÷ right.</summary>
    public static Tensor DivideInPlace(this Tensor left, Number right)
    {
        using var number = right.ToScalar();
        return left.div_(number);
    }

    /// <summary>Values below <paramref name="low"/> become <paramref name="low"/>, and values above <paramref name="high"/> become <paramref name="high"/>.</summary>
    public static Tensor ClampInPlace(this Tensor values, Number low, Number high)
    {
        using var lowest = low.ToScalar();
        using var highest = high.ToScalar();
        return values.clamp_(lowest, highest);
    }

    /// <summary>The whole numbers from 0 to <paramref name="count"/> − 1.</summary>
    /// <param name="count">How many, 0 or more.</param>
    /// <param name="type">The type of the tensor.</param>
    /// <param name="device">Where it is.</param>
    public static Tensor Count(long count, ScalarType type, Device device)
    {
        using var start = ((Number)0).ToScalar();
        using var stop = ((Number)count).ToScalar();
        return arange(start, stop, One, type, device);
    }

    /// <summary>The one value of a tensor.</summary>
    public static double ReadDouble(this Tensor value)
    {
        using var number = value.ToScalar();
        return number.ToDouble();
    }

    /// <summary>The one value of a tensor of whole numbers.</summary>
    public static long ReadInt64(this Tensor value)
    {
        using var number = value.ToScalar();
        return number.ToInt64();
    }

    /// <summary>The one value of a tensor of truth values.</summary>
    public static bool ReadBoolean(this Tensor value)
    {
        using var number = value.ToScalar();
        return number.ToBoolean();
    }

    /// <summary>Calls a function of a script with tensors, truth values and numbers.</summary>
    public static object Invoke(this jit.ScriptModule module, string function, params ReadOnlySpan<object> arguments)
    {
        var held = new object[arguments.Length];
        try
        {
            for (var i = 0; i < held.Length; i++)
            {
                held[i] = arguments[i] switch
                {
                    long number => ((Number)number).ToScalar(),
                    float number => ((Number)number).ToScalar(),
                    double number => ((Number)number).ToScalar(),
                    var other => other,
                };
            }

            return module.invoke(function, held);
        }
        finally
        {
            foreach (var number in held.OfType<Scalar>())
            {
                number.Dispose();
            }
        }
    }
}
