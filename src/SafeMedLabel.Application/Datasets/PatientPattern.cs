using System.Text.RegularExpressions;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Reads the patient from a file's name by a regular expression with a group called 'patient'.</summary>
public sealed class PatientPattern
{
    /// <summary>The patient of files whose name tells none: they stay together, so that no split can separate what may belong together.</summary>
    public const string Unknown = "unknown";

    // Healthy patients have no P (C206ThinF, C241NThinF), some slides a letter (C51AP12, C37BP2), one was made again (C167P128Re).
    private const string DefaultExpression = @"^(?<patient>C\d+[A-Z]?(P\d+)?N?)_?(Re)?thin";
    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    /// <summary>Of the clock, not of the processor: on a busy machine even a simple expression may have to wait.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Regex _expression;

    /// <summary>A pattern of one's own.</summary>
    /// <exception cref="ArgumentException">See <see cref="Problem"/>.</exception>
    public PatientPattern(string expression)
    {
        if (Problem(expression) is { } problem)
        {
            throw new ArgumentException(problem, nameof(expression));
        }

        _expression = Compile(expression);
    }

    /// <summary>
    /// Fits the NIH malaria set: C100P61ThinF_IMG_… is of the patient C100P61, and C47P8thin… and C47P8thinOriginal… are both of C47P8.
    /// </summary>
    public static PatientPattern Default { get; } = new(DefaultExpression);

    /// <summary>What is wrong with an expression, as a sentence; null when nothing is.</summary>
    public static string? Problem(string expression)
    {
        try
        {
            return Compile(expression).GetGroupNames().Contains("patient")
                ? null
                : "The patient pattern needs a group called 'patient', for example ^(?<patient>[^_]+)_.";
        }
        catch (ArgumentException)
        {
            return "The patient pattern is no valid regular expression.";
        }
    }

    /// <summary>The patient of a file name, or null.</summary>
    /// <exception cref="DatasetException">The expression takes too long on this name.</exception>
    public string? Match(string fileName)
    {
        try
        {
            return _expression.Match(fileName) is { Success: true } match && match.Groups["patient"].Value is { Length: > 0 } patient ? patient : null;
        }
        catch (RegexMatchTimeoutException slow)
        {
            throw new DatasetException($"The patient pattern takes too long on the name '{fileName}'; make it simpler.", slow);
        }
    }

    /// <summary>The expression.</summary>
    public override string ToString() => _expression.ToString();

    /// <summary>Without backtracking where it can be, in time that grows with the name's length and no more; with it, for looking around and back.</summary>
    private static Regex Compile(string expression)
    {
        try
        {
            return new Regex(expression, Options | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            return new Regex(expression, Options, Timeout);
        }
    }
}
