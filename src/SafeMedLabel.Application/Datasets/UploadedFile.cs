using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A file on somebody's computer that comes part by part: the same file, chosen again, goes on where it was.</summary>
/// <param name="ProjectId">The project it is for.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="Name">Its name there: shown, never used as a path.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Modified">When it was changed last, as its computer says it.</param>
public sealed record UploadedFile(int ProjectId, string UserId, string Name, long Size, long Modified)
{
    /// <summary>What its parts are kept under: another for each person, project and file.</summary>
    internal string PartName => $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{ProjectId}\n{UserId}\n{Name}\n{Size}\n{Modified}"))))}.part";
}
