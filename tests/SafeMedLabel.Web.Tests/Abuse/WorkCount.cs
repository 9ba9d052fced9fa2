using System.Data.Common;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>What the server does for a request: how many passwords it verifies, and which commands it sends to its database.</summary>
public sealed class WorkCount : DbCommandInterceptor
{
    private readonly List<string> _commands = [];
    private readonly Lock _lock = new();
    private readonly HttpContextAccessor _requests = new();
    private int _hashes;

    /// <summary>One more password was verified.</summary>
    public void AddHash() => Interlocked.Increment(ref _hashes);

    /// <summary>What was done since it was asked last: the number of passwords, and the first words of the commands.</summary>
    public (int Hashes, string Commands) Take()
    {
        lock (_lock)
        {
            var taken = (Interlocked.Exchange(ref _hashes, 0), string.Join(" | ", _commands));
            _commands.Clear();
            return taken;
        }
    }

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        Note(command);
        return ValueTask.FromResult(result);
    }

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Note(command);
        return ValueTask.FromResult(result);
    }

    /// <summary>What the server does of itself meanwhile is no request's work.</summary>
    private void Note(DbCommand command)
    {
        if (_requests.HttpContext is null)
        {
            return;
        }

        lock (_lock)
        {
            _commands.Add(command.CommandText[..Math.Min(40, command.CommandText.Length)].ReplaceLineEndings(" "));
        }
    }
}
