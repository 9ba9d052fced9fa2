using System.Security.Cryptography;
using System.Text;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Testing;

/// <summary>Model files as rounds leave them, without a training.</summary>
public static class RoundModels
{
    /// <summary>Writes the file that a round's row names, and seals it in the row, which the caller saves. Returns the file's full path.</summary>
    public static string Leave(StorageOptions storage, Round round, byte[]? content = null)
    {
        content ??= Encoding.UTF8.GetBytes($"model of round {round.Number}");
        var path = Path.Combine(Directory.CreateDirectory(storage.ProjectFolder(round.ProjectId)).FullName, round.ModelFile!);
        File.WriteAllBytes(path, content);
        round.ModelHash = Convert.ToHexStringLower(SHA256.HashData(content));
        return path;
    }
}
