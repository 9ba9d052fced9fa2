namespace SafeMedLabel.Learning.Native;

/// <summary>
/// The process that tries in which types this machine computes rightly: <c>dotnet SafeMedLabel.Learning.dll</c>. It writes a line for each type as soon
/// as it knows, so that a type whose library ends the process takes none before it along.
/// </summary>
internal static class ArithmeticProbe
{
    /// <summary>Its exit status where the library cannot be loaded; why is written to standard error.</summary>
    public const int CannotLoad = 3;

    private static int Main()
    {
        try
        {
            LibTorch.LoadForProof();
        }
        catch (DllNotFoundException unusable)
        {
            Console.Error.WriteLine(unusable.Message);
            return CannotLoad;
        }

        foreach (var (name, type) in Arithmetic.Types.Where(known => Processor.Has(known.Value)))
        {
            Console.WriteLine($"{name} {ConvolutionCheck.Fault(type)}".TrimEnd());
        }

        return 0;
    }
}
