using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A manifest that is Label Studio's JSON: an array of tasks, whose <c>data.image</c> names the file, whose <c>data.patient</c>, <c>site</c> and
/// <c>split</c> count where they are there, and whose annotations' <c>choices</c> are the labels
/// (https://labelstud.io/guide/export: 'JSON'). An annotation that is the ground truth counts alone. Where annotations of a task differ, or name
/// several classes, it has no label.
/// </summary>
internal static partial class LabelStudioTasks
{
    /// <summary>Its tasks.</summary>
    /// <param name="text">The file.</param>
    /// <param name="isThere">Whether there is a file of a path: Label Studio names files by where they lay on its own server.</param>
    /// <exception cref="DatasetException">It is no JSON, no array of tasks, or one of them is longer than any can be.</exception>
    public static IEnumerable<ManifestRow> Rows(TextReader text, Func<string, bool> isThere)
    {
        var tasks = new JsonArrayReader(text);
        for (var number = 1; Next(tasks, number) is { } task; number++)
        {
            using (task)
            {
                var data = Member(task.RootElement, "data");
                yield return new ManifestRow(
                    string.Create(CultureInfo.InvariantCulture, $"Task {number}"),
                    PathOf(Text(Member(data, "image")) ?? "", isThere),
                    Label(task.RootElement),
                    Text(Member(data, "patient")),
                    Text(Member(data, "site")),
                    Text(Member(data, "split")));
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

    /// <summary>Most characters of a file's address.</summary>
    private const int MaxAddress = 4096;

    /// <summary>Most parts of an address, from its end, that may be the file's path: the program looks for each such end.</summary>
    private const int MaxParts = 16;

    /// <summary>The file that an address names: the longest end of it that is there, with or without the mark that an upload's name begins with.</summary>
    private static string PathOf(string address, Func<string, bool> isThere)
    {
        if (address.Length > MaxAddress)
        {
            // Perhaps the picture itself, written as text.
            return "";
        }

        var local = address.IndexOf("?d=", StringComparison.Ordinal);
        var path = Uri.UnescapeDataString(local >= 0 ? address[(local + 3)..] : address).Replace('\\', '/');
        var end = string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).TakeLast(MaxParts));
        while (!isThere(end))
        {
            var slash = end.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                return UploadMark().Replace(end, "") is var unmarked && isThere(unmarked) ? unmarked : end;
            }

            end = end[(slash + 1)..];
        }

        return end;
    }

    private static string? Label(JsonElement task)
    {
        var annotations = Items(Member(task, "annotations")).ToLookup(a => IsTrue(a, "ground_truth"));
        var said = new HashSet<string>(StringComparer.Ordinal);
        foreach (var annotation in annotations[annotations.Contains(true)].Where(a => !IsTrue(a, "was_cancelled")))
        {
            foreach (var result in Items(Member(annotation, "result")).Where(r => Text(Member(r, "type")) == "choices"))
            {
                said.UnionWith(Items(Member(Member(result, "value"), "choices")).Select(c => Text(c)).OfType<string>());
            }
        }

        return said.Count == 1 ? said.Single() : null;
    }

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

    [GeneratedRegex("^[0-9a-f]{8}-")]
    private static partial Regex UploadMark();
}
