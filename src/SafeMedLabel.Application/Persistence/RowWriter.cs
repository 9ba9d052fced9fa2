using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace SafeMedLabel.Application.Persistence;

/// <summary>
/// Writes many new rows of one table by one prepared statement, in the context's own connection and transaction. Columns, converters and types are
/// those of the context's model. The context does not track what goes this way, and so writes a row several times as fast.
/// </summary>
/// <typeparam name="T">The entity, whose key its maker chooses.</typeparam>
public sealed class RowWriter<T> : IAsyncDisposable
    where T : class
{
    private readonly DbCommand _command;
    private readonly (IProperty Property, RelationalTypeMapping Mapping, DbParameter Parameter)[] _columns;

    /// <summary>Prepares the statement; the context's transaction is open.</summary>
    public RowWriter(AppDbContext db)
    {
        ArgumentNullException.ThrowIfNull(db);
        var entity = db.Model.FindEntityType(typeof(T))!;
        var table = StoreObjectIdentifier.Create(entity, StoreObjectType.Table)!.Value;
        var quote = db.GetService<ISqlGenerationHelper>();
        _command = db.Database.GetDbConnection().CreateCommand();
        _command.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        _columns = [.. entity.GetFlattenedProperties().Index().Select(p =>
        {
            var mapping = p.Item.GetRelationalTypeMapping();
            return (p.Item, mapping, mapping.CreateParameter(_command, $"@p{p.Index}", value: null, nullable: true));
        })];
        _command.Parameters.AddRange(_columns.Select(c => c.Parameter).ToArray());
        var names = string.Join(", ", _columns.Select(c => quote.DelimitIdentifier(c.Property.GetColumnName(table)!)));
        var values = string.Join(", ", _columns.Select(c => c.Parameter.ParameterName));
        _command.CommandText = $"INSERT INTO {quote.DelimitIdentifier(table.Name, table.Schema)} ({names}) VALUES ({values})";
        _command.Prepare();
    }

    /// <summary>Writes one row.</summary>
    public async Task WriteAsync(T row, CancellationToken cancellationToken)
    {
        foreach (var (property, mapping, parameter) in _columns)
        {
            // Of a part that is null, the model's own getter makes zeros.
            var isAbsent = property.DeclaringType is IComplexType { ComplexProperty: var part } && part.GetGetter().GetClrValueUsingContainingEntity(row) is null;
            var value = isAbsent ? null : property.GetGetter().GetClrValueUsingContainingEntity(row);
            parameter.Value = (mapping.Converter is { } converter ? converter.ConvertToProvider(value) : value) ?? DBNull.Value;
        }

        await _command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _command.DisposeAsync();
}
