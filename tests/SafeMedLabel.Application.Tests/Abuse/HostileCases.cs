using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>How often the hostile corpus is tried: as often as an ordinary run bears, or as environment variables say.</summary>
internal static class HostileCases
{
    /// <summary>How many cases each test tries where nobody says otherwise: a few seconds' worth.</summary>
    private const int Usual = 40;

    /// <summary>Says how many.</summary>
    private const string Count = "SAFEMED_HOSTILE_CASES";

    /// <summary>Says which one is tried alone, by the number that a failure printed.</summary>
    private const string One = "SAFEMED_HOSTILE_CASE";

    /// <summary>Tries cases, each made of a number; a failure prints it.</summary>
    public static void Try(Action<int> test)
    {
        if (NumberIn(One) is { } number)
        {
            test(number);
            return;
        }

        Prop.ForAll((DoNotSize<int> seed) => test(seed.Item)).Check(Config.QuickThrowOnFailure.WithMaxTest(NumberIn(Count) ?? Usual));
    }

    private static int? NumberIn(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
