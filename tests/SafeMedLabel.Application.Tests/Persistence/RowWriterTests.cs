using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Persistence;

public sealed class RowWriterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_written_so_is_the_row_that_the_context_would_have_written(bool isFull)
    {
        await using var workplace = await Workplace.CreateAsync();
        await workplace.AddImagesAsync(1);
        await using var db = workplace.Open();
        var import = await db.Imports.Select(i => i.Id).SingleAsync(Token);
        var (ours, theirs) = (Image(1), Image(2));
        db.Images.Add(theirs);
        await db.SaveChangesAsync(Token);
        await using (var transaction = await db.Database.BeginTransactionAsync(Token))
        {
            await using var rows = new RowWriter<ProjectImage>(db);
            await rows.WriteAsync(ours, Token);
            await transaction.CommitAsync(Token);
        }

        Assert.Equal(await RowAsync(theirs.Id), await RowAsync(ours.Id));

        ProjectImage Image(int number) => new()
        {
            Id = Guid.NewGuid(),
            ProjectId = workplace.ProjectId,
            ImportId = import,
            ContentHash = new string('a', 63) + number,
            SourcePath = "a/Zelle 'ü'.png",
            Patient = "P1",
            Site = isFull ? "Ward 3" : null,
            Split = DataSplit.Validation,
            ReferenceClass = isFull ? 1 : null,
            Width = 31,
            Height = 32,
            Colour = isFull ? new ImageColour(0.1, 0.2, 0.3, 0.4) : null,
            PictureHash = isFull ? -1 : null,
            AcquisitionScore = isFull ? 0.7 : null,
            ReadingsWanted = 3,
        };

        // As the table has it, each column with its type; but for what differs between any two images.
        async Task<List<string>> RowAsync(Guid id)
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            await db.Database.OpenConnectionAsync(Token);
            command.CommandText = "SELECT * FROM Images WHERE Id = $id";
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("$id", id);
            command.Parameters.Add(parameter);
            await using var reader = await command.ExecuteReaderAsync(Token);
            Assert.True(await reader.ReadAsync(Token));
            return [.. Enumerable.Range(0, reader.FieldCount).Where(c => reader.GetName(c) is not ("Id" or "ContentHash"))
                .Select(c => $"{reader.GetName(c)} {reader.GetFieldType(c)} {reader.GetValue(c)}")];
        }
    }
}
