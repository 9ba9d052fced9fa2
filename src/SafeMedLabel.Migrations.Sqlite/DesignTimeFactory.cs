using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Migrations.Sqlite;

/// <summary>Lets <c>dotnet ef migrations add NAME --project src/SafeMedLabel.Migrations.Sqlite</c> see the model.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<AppDbContext>
{
    /// <inheritdoc />
    public AppDbContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<AppDbContext>()
        .UseSqlite("Data Source=:memory:", sqlite => sqlite.MigrationsAssembly(typeof(DesignTimeFactory).Assembly.GetName().Name)).Options);
}
