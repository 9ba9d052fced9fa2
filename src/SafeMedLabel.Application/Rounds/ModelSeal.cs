using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// Tells whether a model's file is the one that its round made: <see cref="Round.ModelHash"/> knows all of it, weights and card. Who can write the
/// file but not the database can change neither unnoticed.
/// </summary>
internal static class ModelSeal
{
    /// <summary>Stands for the hash of a model of an early version that was missing when models were first sealed.</summary>
    private const string Missing = "";

    /// <summary>SHA-256 of a file, in lower-case hexadecimal.</summary>
    public static async Task<string> OfAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }

    /// <summary>One sentence that says why a round's model must not be used; null where it is what the round made.</summary>
    public static async Task<string?> ProblemAsync(StorageOptions storage, Round round, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(round.ModelHash))
        {
            return $"The model of round {round.Number} was never sealed, so that nobody can tell whether it was changed; please train again.";
        }

        var path = PathOf(storage, round);
        if (path is null || !File.Exists(path))
        {
            return $"The model of round {round.Number} is no longer where the round left it; please restore it from a backup.";
        }

        return await OfAsync(path, cancellationToken) == round.ModelHash
            ? null
            : $"The model of round {round.Number} is not what the round made: its file was changed; please restore it from a backup, or train again.";
    }

    /// <summary>
    /// Seals the models that an early version made, as they are when this version has its storage for the first time. Afterwards none is sealed but by
    /// its round: a file that is put where one was missing is believed as little as one that was changed.
    /// </summary>
    internal static async Task SealEarlyModelsAsync(AppDbContext db, StorageOptions storage, CancellationToken cancellationToken)
    {
        var rounds = await db.Rounds.AsNoTracking().Where(r => r.ModelFile != null && r.ModelHash == null).ToListAsync(cancellationToken);
        foreach (var round in rounds)
        {
            var path = PathOf(storage, round);
            var hash = path is not null && File.Exists(path) ? await OfAsync(path, cancellationToken) : Missing;
            await db.Rounds.Where(r => r.Id == round.Id && r.ModelHash == null)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.ModelHash, hash), cancellationToken);
        }
    }

    /// <summary>Where a round's model lies; null where its name leads elsewhere.</summary>
    private static string? PathOf(StorageOptions storage, Round round) =>
        Path.GetFileName(round.ModelFile) == round.ModelFile ? Path.Combine(storage.ProjectFolder(round.ProjectId), round.ModelFile!) : null;
}
