using System.Text;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>
/// Label Studio's tasks are read one at a time: what they cost does not grow with what stands in them. Bytes are counted, not seconds: each file that is
/// looked for takes some.
/// </summary>
public sealed class HostileTasksTests : IDisposable
{
    private const int Large = 32 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a/b/")]
    [InlineData("a//")]
    [InlineData("a%2F")]
    [InlineData("a\\\\")]
    public void An_address_of_many_parts_is_looked_for_no_more_often_than_a_plausible_one(string parts)
    {
        const int Tasks = 200;
        var address = string.Concat(Enumerable.Repeat(parts, 4080 / parts.Length));
        var tasks = Enumerable.Repeat($$$"""{"data":{"image":"{{{address}}}1.png"}}""", Tasks).Append("""{"data":{"image":"gone/elsewhere/2.png"}}""");

        var (bytes, source) = Read($"[{string.Join(',', tasks)}]");
        using (source)
        {
            Assert.Equal(["1.png", "2.png"], source!.Files.Select(f => f.Path));
        }

        // All ends of one such address, joined, are 4 MB.
        Assert.InRange(bytes, 0, Tasks * 256L << 10);
    }

    [Fact]
    public void A_file_is_found_below_as_many_folders_as_are_plausible()
    {
        var deep = string.Concat(Enumerable.Range(0, 15).Select(i => $"{i}/"));
        _folder.Add($"{deep}3.png", Pictures.Png(3));
        var (_, source) = Read($$$"""[{"data":{"image":"https://example.org/some/where/{{{deep}}}3.png"}}]""");
        using (source)
        {
            Assert.Equal($"{deep}3.png", Assert.Single(source!.Files).Path);
        }
    }

    [Theory]
    [InlineData("[", "0,", "More than 10 files cannot be taken; the first is '': Task 1 of the manifest: it names no file.")]
    [InlineData("[", "[],", "More than 10 files cannot be taken; the first is '': Task 1 of the manifest: it names no file.")]
    [InlineData("{\"data\":[", "0,", "The manifest is not Label Studio's JSON: expected is an array of tasks.")]
    [InlineData("", "0 ", "The manifest is not Label Studio's JSON: expected is an array of tasks.")]
    [InlineData("[[", "0,", "Task 1 of the manifest is larger than 4 MiB; no task is.")]
    [InlineData("[{\"data\":{\"image\":\"1.png\"}},{\"data\":{\"image\":\"", "a/", "Task 2 of the manifest is larger than 4 MiB; no task is.")]
    public void A_large_file_that_is_no_list_of_tasks_takes_little_memory_and_ends_in_a_sentence(string beginning, string filling, string sentence)
    {
        var text = new StringBuilder(beginning, Large + 100);
        while (text.Length < Large)
        {
            text.Append(filling);
        }

        var (bytes, refusal) = Refused(text.ToString(), SourceLimits.Default with { MaxRejected = 10 });
        Assert.Equal(sentence, refusal.Message);
        AssertFewBeside(Large, bytes);
    }

    [Fact]
    public void A_large_file_of_tasks_takes_little_memory()
    {
        var predictions = string.Join(',', Enumerable.Repeat(0, 1 << 19));
        var task = $$$"""{"data":{"image":"1.png"},"predictions":[{{{predictions}}}]}""";
        var (bytes, source) = Read($"[{string.Join(",\n", Enumerable.Repeat(task, Large >> 20))}]");
        using (source)
        {
            Assert.Equal((1, 0), (source!.FileCount, source.Rejected.Count));
        }

        AssertFewBeside(Large, bytes);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[{\"data\":{\"image\":\"2.png\"}} ,\n ")]
    public void A_task_has_four_mebibytes_and_not_a_byte_more(string beginning)
    {
        var task = """{"data":{"image":"1.png"},"note":""}""";
        var longest = task.Replace("\"\"", $"\"{new string('n', (4 << 20) - task.Length)}\"", StringComparison.Ordinal);
        var (_, source) = Read($"{beginning}{longest},{task}]");
        using (source)
        {
            Assert.Contains("1.png", source!.Files.Select(f => f.Path));
        }

        var (_, refusal) = Refused($"{beginning}{longest[..^1]} }}]", SourceLimits.Default);
        Assert.EndsWith("is larger than 4 MiB; no task is.", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[{\"data\":{\"image\":\"1.png\"}},\n{\"data\":{\"image\":\"2.png\"}},\n]", "The manifest is no JSON: line 3 cannot be read.")]
    [InlineData("[{\"data\":{\"image\":\"1.png\"}},\n{\"data\":{\"image\":\"2.png\"}}", "The manifest is no JSON: line 2 cannot be read.")]
    [InlineData("[{\"data\":{\"image\":\"1.png\"}}]\n\n[]", "The manifest is no JSON: line 3 cannot be read.")]
    [InlineData("", "The manifest is no JSON: line 1 cannot be read.")]
    [InlineData("\n[\n", "The manifest is no JSON: line 3 cannot be read.")]
    public void What_is_broken_only_after_good_tasks_is_refused_with_its_line(string text, string sentence) =>
        Assert.Equal(sentence, Refused(text, SourceLimits.Default).Refusal.Message);

    [Fact]
    public void Tasks_are_nested_no_deeper_than_JSON_is_read()
    {
        var deep = new string('[', 1 << 20);
        Assert.Equal("The manifest is no JSON: line 1 cannot be read.", Refused(deep, SourceLimits.Default).Refusal.Message);
        Assert.Equal("The manifest is no JSON: line 2 cannot be read.", Refused($"[\n{{\"data\":{deep}", SourceLimits.Default).Refusal.Message);
    }

    [Fact]
    public void Tasks_and_signs_that_lie_across_the_ends_of_what_is_read_at_once_are_read_whole()
    {
        var tasks = Enumerable.Range(0, 3000).Select(i =>
            $$$"""{"id":{{{i}}},"note":"{{{string.Concat(Enumerable.Repeat("ü€😀", i % 97))}}}","data":{"image":"{{{i:D4}}}-ä😀.png"}}""");
        var (_, source) = Read($"\uFEFF[{string.Join(" ,\r\n", tasks)},{{\"data\":{{\"image\":\"1.png\"}}}}]");
        using (source)
        {
            Assert.Equal(
                Enumerable.Range(0, 3000).Select(i => ($"{i:D4}-ä😀.png", $"Task {i + 1} of the manifest: there is no such file.")),
                source!.Rejected.Select(r => (r.Path, r.Reason)));
            Assert.Equal("1.png", Assert.Single(source.Files).Path);
        }
    }

    /// <summary>The file itself is held, and was held twice for a moment; beside it there is a task at most.</summary>
    private static void AssertFewBeside(int length, long bytes) => Assert.InRange(bytes, 0, (2L * length) + (64 << 20));

    private (long Bytes, DatasetException Refusal) Refused(string text, SourceLimits limits)
    {
        DatasetException? refusal = null;
        var bytes = BytesOf(text, () => refusal =
            Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Path, limits, cancellationToken: TestContext.Current.CancellationToken)));
        return (bytes, refusal!);
    }

    private (long Bytes, DatasetSource? Source) Read(string text)
    {
        DatasetSource? source = null;
        var bytes = BytesOf(text, () => source = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken));
        return (bytes, source);
    }

    /// <summary>Adds the tasks beside two pictures, and counts the bytes that opening them takes.</summary>
    private long BytesOf(string text, Action open)
    {
        _folder.Add("1.png", Pictures.Png(1));
        _folder.Add("2.png", Pictures.Png(2));
        _folder.Add("label-studio.json", Encoding.UTF8.GetBytes(text));
        var before = GC.GetAllocatedBytesForCurrentThread();
        open();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
