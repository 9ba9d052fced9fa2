namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>A method of a service that writes when a person asks it to.</summary>
/// <param name="Name">Service and method.</param>
/// <param name="Least">Who may call it.</param>
/// <param name="Arrange">Makes what the call needs; done by the program itself.</param>
/// <param name="Call">Calls it in the name of <see cref="Hospital.Me"/>, and returns what it returned.</param>
internal sealed record ServiceWrite(string Name, Least Least, Func<Hospital, Task> Arrange, Func<Hospital, Task<object?>> Call)
{
    /// <inheritdoc />
    public override string ToString() => Name;
}
