using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Testing;

/// <summary>Lets SQLite itself refuse to write, as on a full disk or one that may only be read; a test may be a user who may everything.</summary>
public sealed class FailingStorage : DbConnectionInterceptor
{
    /// <summary>True while the database's file may not grow by a page: SQLITE_FULL.</summary>
    public bool IsFull { get; set; }

    /// <summary>True while nothing may be written at all: SQLITE_READONLY.</summary>
    public bool IsReadOnly { get; set; }

    private string Settings => $"PRAGMA max_page_count={(IsFull ? 1 : 4294967294)}; PRAGMA query_only={(IsReadOnly ? 1 : 0)}";

    /// <summary>Puts it under the services' database.</summary>
    public void AddTo(IServiceCollection services) => services.ConfigureDbContext<AppDbContext>(options => options.AddInterceptors(this));

    /// <inheritdoc />
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Set(connection);

    /// <inheritdoc />
    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Set(connection);
        return Task.CompletedTask;
    }

    private void Set(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Settings;
        command.ExecuteNonQuery();
    }
}
