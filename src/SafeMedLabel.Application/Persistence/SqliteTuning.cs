using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SafeMedLabel.Application.Persistence;

/// <summary>What SQLite is told of each connection; the file does not keep it.</summary>
internal sealed class SqliteTuning : DbConnectionInterceptor
{
    /// <summary>
    /// A negative cache size is in KiB: enough for the queue's indices of a million images. It is taken as it is needed. Who finds the
    /// database locked asks again after 1, 2, 5 … ms; the library above SQLite, which takes over after a second, every 150 ms.
    /// </summary>
    private const string Settings = "PRAGMA cache_size=-65536; PRAGMA busy_timeout=1000";

    /// <inheritdoc />
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Settings;
        command.ExecuteNonQuery();
    }

    /// <inheritdoc />
    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Settings;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
