using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

/// <summary>A project in a real SQLite file, and the content store beside it.</summary>
internal sealed class ImportFixture : IDbContextFactory<AppDbContext>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ImportFixture()
    {
        Store = new ContentStore(Path.Combine(_folder.Path, "content"));
        using var db = CreateDbContext();
        db.Database.EnsureCreated();
        var project = new Project { Name = "Malaria" };
        db.Projects.Add(project);
        db.SaveChanges();
        ProjectId = project.Id;
    }

    public int ProjectId { get; }

    public ContentStore Store { get; }

    public AppDbContext CreateDbContext() =>
        new(new DbContextOptionsBuilder<AppDbContext>().UseSqlite($"Data Source={Path.Combine(_folder.Path, "test.db")};Pooling=False").Options);

    public async Task<DatasetImport> ImportAsync(string path, CancellationToken cancellationToken, bool isDryRun = false)
    {
        var import = await QueueAsync(path, isDryRun);
        await new DatasetImporter(this, Store).ImportAsync(import, cancellationToken);
        await using var db = CreateDbContext();
        import.State = isDryRun ? ImportState.Planned : ImportState.Completed;
        db.Imports.Update(import);
        await db.SaveChangesAsync(CancellationToken.None);
        return import;
    }

    public async Task<DatasetImport> QueueAsync(string path, bool isDryRun = false)
    {
        var import = new DatasetImport
        {
            ProjectId = ProjectId,
            SourcePath = path,
            SourceName = Path.GetFileName(path),
            PatientPattern = PatientPattern.Default.ToString(),
            RequestedById = "admin",
            IsDryRun = isDryRun,
        };
        await using var db = CreateDbContext();
        db.Imports.Add(import);
        await db.SaveChangesAsync();
        return import;
    }

    public void Dispose() => _folder.Dispose();
}
