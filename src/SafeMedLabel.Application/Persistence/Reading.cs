using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace SafeMedLabel.Application.Persistence;

/// <summary>Long looks at the database.</summary>
public static class Reading
{
    /// <summary>
    /// Begins to read the database as it is at the first query, however long that takes: others write meanwhile, and nothing of it is seen. EF's own
    /// transactions take SQLite's write lock at once.
    /// </summary>
    public static async Task<IDbContextTransaction> BeginReadingAsync(this AppDbContext db, CancellationToken cancellationToken = default)
    {
        await db.Database.OpenConnectionAsync(cancellationToken);
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        return (await db.Database.UseTransactionAsync(connection.BeginTransaction(deferred: true), cancellationToken))!;
    }
}
