using System.Globalization;
using System.Text.Json;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A manifest that is Label Studio's JSON (https://labelstud.io/guide/export: 'JSON' and 'JSON_MIN'): an array of tasks. The file is what
/// <c>data.image</c> names, or another of its members; <c>data.patient</c>, <c>site</c> and <c>split</c> count where they are there; the
/// annotations' <c>choices</c> are the labels. An annotation that is the ground truth counts alone. Where annotations of a task differ, or name several
/// classes, it has no label. A small task has the same members, and the label beside them.
/// </summary>
internal static class LabelStudioTasks
{
    /// <summary>Most texts of a task that may name its file where 'image' is missing: the program looks for each.</summary>
    private const int MostTexts = 16;

    private static readonly string[] LabelNames = ["label", "class", "choice"];

    /// <summary>Which of the questions that its tasks answer gives the labels; null where there is but one.</summary>
    /// <param name="text">The file.</param>
    /// <param name="remarks">Hears which one was chosen.</param>
    /// <param name="limits">What the file may cost: after as many elements that are no tasks as files may be refused, nothing more is read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatasetException">There are several, and not just one of them is called 'label', 'class' or 'choice'.</exception>
    public static string? Question(TextReader text, SourceRemarks remarks, SourceLimits limits, CancellationToken cancellationToken)
    {
        var questions = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            var strange = 0;
            foreach (var task in Tasks(text))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (task.ValueKind != JsonValueKind.Object && ++strange > limits.MaxRejected)
                {
                    return null;
                }

                questions.UnionWith(Annotations(task).SelectMany(Choices).Select(NameOf));
            }
        }
        catch (DatasetException)
        {
            // Its rows, which are read next, say what is wrong with it, and where.
            return null;
        }

        if (questions.Count < 2)
        {
            return null;
        }

        var all = string.Join(", ", questions.Take(10).Select(SourceRemarks.Shown));
        var named = questions.Where(q => LabelNames.Contains(q, StringComparer.OrdinalIgnoreCase)).ToList();
        if (named.Count != 1)
        {
            throw new DatasetException($"The tasks answer {questions.Count} questions: {all}. Call the one that gives the class 'label', or take the others out of the export.");
        }

        remarks.Say($"{SourceRemarks.Shown(named[0])} was taken for the label, of the questions {all}");
        return named[0];
    }

    /// <summary>Its tasks.</summary>
    /// <param name="text">The file.</param>
    /// <param name="files">Finds the files that they mean.</param>
    /// <param name="question">The question whose answers are the labels; null where there is but one.</param>
    /// <exception cref="DatasetException">It is no JSON, no array of tasks, or one of them is longer than any can be.</exception>
    public static IEnumerable<ManifestRow> Rows(TextReader text, LabelStudioFiles files, string? question)
    {
        foreach (var (number, task) in Tasks(text).Index())
        {
            // A small task has no 'data' around its members.
            var data = Member(task, "data") ?? task;
            var image = Text(Member(data, "image"));
            // Where the file that it names is gone, no other of its texts may stand in for it.
            string[] addresses = image is not null ? [image] : [.. Strings(data).Take(MostTexts)];
            yield return new ManifestRow(
                string.Create(CultureInfo.InvariantCulture, $"Task {number + 1}"),
                addresses.Select(files.Find).FirstOrDefault(path => path is not null) ?? LabelStudioFiles.LastPart(addresses.FirstOrDefault()),
                Label(task, question) ?? LabelNames.Select(name => Text(Member(task, name))).FirstOrDefault(label => label is not null),
                Text(Member(data, "patient")),
                Text(Member(data, "site")),
                Text(Member(data, "split")));
        }
    }

    private static IEnumerable<JsonElement> Tasks(TextReader text)
    {
        var tasks = new JsonArrayReader(text);
        for (var number = 1; Next(tasks, number) is { } task; number++)
        {
            using (task)
            {
                yield return task.RootElement;
            }
        }
    }

    private static JsonDocument? Next(JsonArrayReader tasks, int number)
    {
        try
        {
            return tasks.Next();
        }
        catch (JsonException broken)
        {
            throw new DatasetException(FormattableString.Invariant($"The manifest is no JSON: line {(broken.LineNumber ?? 0) + 1} cannot be read."), broken);
        }
        catch (FormatException other)
        {
            throw new DatasetException("The manifest is not Label Studio's JSON: expected is an array of tasks.", other);
        }
        catch (InvalidDataException tooLong)
        {
            throw new DatasetException(
                FormattableString.Invariant($"Task {number} of the manifest is larger than {JsonArrayReader.MaxElement >> 20} MiB; no task is."), tooLong);
        }
    }

    private static string? Label(JsonElement task, string? question)
    {
        var annotations = Annotations(task).ToLookup(a => IsTrue(a, "ground_truth"));
        var said = new HashSet<string>(StringComparer.Ordinal);
        foreach (var annotation in annotations[annotations.Contains(true)].Where(a => !IsTrue(a, "was_cancelled")))
        {
            foreach (var result in Choices(annotation).Where(result => question is null || NameOf(result) == question))
            {
                said.UnionWith(Items(Member(Member(result, "value"), "choices")).Select(c => Text(c)).OfType<string>());
            }
        }

        return said.Count == 1 ? said.Single() : null;
    }

    /// <summary>What people said of a task; 'completions' is what it was called before version 1.0.</summary>
    private static JsonElement[] Annotations(JsonElement task) => Items(Member(task, "annotations") ?? Member(task, "completions"));

    private static IEnumerable<JsonElement> Choices(JsonElement annotation) => Items(Member(annotation, "result")).Where(r => Text(Member(r, "type")) == "choices");

    private static string NameOf(JsonElement result) => Text(Member(result, "from_name")) ?? "";

    /// <summary>All texts of an object: any of them may name the file.</summary>
    private static IEnumerable<string> Strings(JsonElement data) =>
        data.ValueKind == JsonValueKind.Object ? data.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.String).Select(m => Text(m.Value)).OfType<string>() : [];

    private static bool IsTrue(JsonElement element, string name) => Member(element, name)?.ValueKind == JsonValueKind.True;

    private static JsonElement? Member(JsonElement? element, string name)
    {
        try
        {
            return element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var member) ? member : null;
        }
        catch (InvalidOperationException)
        {
            // Beside it stands a name with half a character, which cannot be compared.
            return null;
        }
    }

    private static string? Text(JsonElement? element)
    {
        try
        {
            return element switch
            {
                { ValueKind: JsonValueKind.String } text => text.GetString()!.Trim() is { Length: > 0 } value ? value : null,
                { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half a character is no name.
            return null;
        }
    }

    private static JsonElement[] Items(JsonElement? element) => element is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()] : [];
}
