using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Patients whose split a manifest says.</summary>
internal sealed class DeclaredSplits
{
    private readonly Dictionary<string, SourceFile> _files = new(StringComparer.Ordinal);

    /// <summary>Whether no file says anything.</summary>
    public bool IsEmpty => _files.Count == 0;

    /// <summary>Gathers what files say. A patient has one split: images of one person are alike, and on both sides they would leak.</summary>
    /// <exception cref="DatasetException">A patient has two.</exception>
    public static DeclaredSplits Of(IEnumerable<SourceFile> files, Func<SourceFile, string> patientOf)
    {
        var declared = new DeclaredSplits();
        foreach (var file in files.Where(f => f.Split is not null))
        {
            var patient = patientOf(file);
            if (!declared._files.TryAdd(patient, file) && declared._files[patient] is var first && first.Split != file.Split)
            {
                throw new DatasetException(
                    $"The manifest puts '{first.Path}' into {first.Split} and '{file.Path}' into {file.Split}, but {(patient == PatientPattern.Unknown ? "nothing tells their patients, so that they count as one" : "both are of one patient")}: no patient may be on two sides.");
            }
        }

        return declared;
    }

    /// <summary>Adds to the splits that a project's patients have.</summary>
    /// <exception cref="DatasetException">A patient has another split there.</exception>
    public void AddTo(Dictionary<string, DataSplit> splits)
    {
        foreach (var (patient, file) in _files)
        {
            if (!splits.TryAdd(patient, file.Split!.Value) && splits[patient] != file.Split)
            {
                throw new DatasetException(
                    $"The manifest puts '{file.Path}' into {file.Split}, but this project has its patient in {splits[patient]}, where it stays: an image that was trained on or locked for the test remains so.");
            }
        }
    }
}
