using System.IO.Compression;
using System.Text;
using FsCheck.Xunit;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class ManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("cells/")]
    public void It_says_of_which_class_patient_site_and_split_each_file_is_in_a_folder_and_in_a_zip(string above)
    {
        _folder.Add($"{above}manifest.csv", "path,label,patient,site,split\nx/1.png,Infected,P1,Ward 1,train\n./2.png,Healthy,P2,,Test\n3.png,,,,\n"u8.ToArray());
        _folder.Add($"{above}x/1.png", Pictures.Png(1));
        _folder.Add($"{above}2.png", Pictures.Png(2));
        _folder.Add($"{above}3.png", Pictures.Png(3));
        _folder.Add($"{above}unnamed.png", Pictures.Png(4));

        using var folder = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        using var file = DatasetSource.Open(_folder.File($"{above}manifest.csv"), cancellationToken: TestContext.Current.CancellationToken);
        using var zip = DatasetSource.Open(Zipped(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.All([folder, file, zip], source =>
        {
            Assert.Equal(["Healthy", "Infected"], source.ClassNames);
            Assert.Equal(["2.png", "3.png", "1.png"], source.Files.Select(f => f.Name));
            Assert.Equal([("Healthy", "P2", null, DataSplit.Test), (null, null, null, (DataSplit?)null), ("Infected", "P1", "Ward 1", DataSplit.Training)], source.Files.Select(f => (f.ClassName, f.Patient, f.Site, f.Split)));
            Assert.Equal(Pictures.Png(1), source.Files.ElementAt(2).Read());
            Assert.Empty(source.Rejected);
        });
    }

    [Fact]
    public void A_table_may_be_longer_than_a_picture_that_is_read_whole()
    {
        var notes = new string('n', 4000);
        var lines = Enumerable.Range(0, (FileContent.MaxHeld / notes.Length) + 1).Select(i => $"{i}.png,a,{notes}");
        _folder.Add("manifest.csv", Encoding.UTF8.GetBytes(string.Join('\n', lines.Prepend("path,label,notes").Append("last.png,b,"))));
        _folder.Add("0.png", Pictures.Png(1));
        _folder.Add("last.png", Pictures.Png(2));
        using var folder = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        using var zip = DatasetSource.Open(Zipped(CompressionLevel.NoCompression), cancellationToken: TestContext.Current.CancellationToken);
        Assert.All([folder, zip], source => Assert.Equal([("0.png", "a"), ("last.png", "b")], source.Files.Select(f => (f.Path, f.ClassName))));
    }

    [Fact]
    public void A_manifest_of_more_lines_than_a_data_set_may_have_files_is_refused()
    {
        _folder.Add("manifest.csv", "path,label\n1.png,a\n2.png,b\n3.png,b\n"u8.ToArray());
        _folder.Add("1.png", Pictures.Png(1));
        var refusal = Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Path, SourceLimits.Default with { MaxFiles = 2 }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal("The manifest names more than 2 files.", refusal.Message);
    }

    [Theory]
    [InlineData("path,label\n1.png,\"a, b\"", "a, b")]
    [InlineData("\uFEFFFile;Class\r\n1.png;a", "a")]
    [InlineData("IMAGE\tlabel\n1.png\ta", "a")]
    [InlineData("filename , label \n 1.png , a \n\n", "a")]
    public void Commas_semicolons_and_tabs_part_its_fields_and_columns_go_by_their_usual_names(string text, string label)
    {
        using var source = Open(text);
        Assert.Equal(label, Assert.Single(source.Files).ClassName);
    }

    [Theory]
    [InlineData("missing.png,a", "there is no such file.")]
    [InlineData(",a", "it names no file.")]
    [InlineData("../1.png,a", "the name leads out of the data set.")]
    [InlineData("/etc/passwd,a", "the name leads out of the data set.")]
    [InlineData("link.png,a", "A symbolic link; only real files are read.")]
    [InlineData("1.png,a,P2", "an earlier one says another patient of the same file.")]
    [InlineData("1.png,a,P1,Ward 2", "an earlier one says another site of the same file.")]
    [InlineData("1.png,a,P1,,test", "an earlier one says another split of the same file.")]
    [InlineData("2.png,a,,,holdout", "the split is training, calibration, validation, test, or nothing.")]
    public void A_line_that_cannot_be_taken_is_left_out_with_its_number_and_a_reason(string line, string reason)
    {
        File.CreateSymbolicLink(_folder.File("link.png"), "/etc/hostname");
        using var source = Open($"path,label,patient,site,split\n1.png,a,P1,Ward 1,training\n{line}");
        Assert.Equal("1.png", Assert.Single(source.Files).Path);
        Assert.Equal($"Line 3 of the manifest: {reason}", Assert.Single(source.Rejected).Reason);
    }

    [Fact]
    public void Two_lines_of_one_file_are_put_together_and_two_labels_contradict_each_other()
    {
        _folder.Add("2.png", Pictures.Png(2));
        _folder.Add("3.png", Pictures.Png(3));
        using var source = Open("path,label,patient\n1.png,Yes\n1.png,No,P1\n2.png,No\n2.png,No\n3.png,\n3.png,Yes");
        Assert.Empty(source.Rejected);
        Assert.Equal([("Yes", "P1"), ("No", null), ("Yes", null)], source.Files.Select(f => (f.ClassName, f.Patient)));

        var images = new DatasetReader(source, PatientPattern.Default).Batches(_ => 0, cancellationToken: TestContext.Current.CancellationToken).SelectMany(b => b.Images).ToList();
        Assert.Equal([null, 0, 1], images.Select(i => i.ClassIndex));
        Assert.Equal(["The manifest gives it two labels, 'Yes' and 'No'", null, null], images.Select(i => i.Contradiction));
    }

    [Theory]
    [InlineData("nan")]
    [InlineData("NaN")]
    [InlineData("None")]
    [InlineData("NULL")]
    [InlineData("N/A")]
    [InlineData("-")]
    [InlineData("<NA>")]
    public void What_programs_write_for_nothing_is_no_label_and_no_patient_and_it_is_said_how_often(string nothing)
    {
        _folder.Add("2.png", Pictures.Png(2));
        using var source = Open($"path,label,patient,site,split\n1.png,{nothing},{nothing},{nothing},{nothing}\n2.png,{nothing},P1,,\n");
        Assert.Equal([(null, null, null, (DataSplit?)null), (null, "P1", null, null)], source.Files.Select(f => (f.ClassName, f.Patient, f.Site, f.Split)));
        Assert.Empty(source.ClassNames);
        Assert.Equal(
            [$"'{nothing}' was taken for no label, 2 times.", $"'{nothing}' was taken for no patient.", $"'{nothing}' was taken for no site.", $"'{nothing}' was taken for no split."],
            source.Remarks);
    }

    [Fact]
    public void Labels_that_differ_only_in_capital_letters_or_blanks_are_one_class_as_it_was_written_first()
    {
        _folder.Add("2.png", Pictures.Png(2));
        _folder.Add("3.png", Pictures.Png(3));
        using var source = Open("path,label\n1.png,Yes\n2.png,\"YES \"\n3.png,yes\u00a0\n");
        Assert.Equal(["Yes"], source.ClassNames);
        Assert.Equal(["Yes", "Yes", "Yes"], source.Files.Select(f => f.ClassName));
        Assert.Equal(["'YES' was taken for the class 'Yes'.", "'yes' was taken for the class 'Yes'."], source.Remarks);
    }

    [Fact]
    public void Class_folders_that_differ_only_in_capital_letters_are_one_class()
    {
        using var folder = new TemporaryFolder();
        folder.Add("Yes/1.png", Pictures.Png(1));
        folder.Add("yes/2.png", Pictures.Png(2));
        folder.Add("no/3.png", Pictures.Png(3));
        using var source = DatasetSource.Open(folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["Yes", "no"], source.ClassNames);
        Assert.Equal(["'yes' was taken for the class 'Yes'."], source.Remarks);
    }

    [Theory]
    [InlineData("label,patient\na,P1", "no column 'path'; its first line names label, patient")]
    [InlineData("", "The manifest is empty.")]
    [InlineData("path,label", "names no files")]
    [InlineData("path,label\nmissing.png,a", "names no file that can be taken")]
    public void One_that_is_no_table_of_files_is_refused_in_a_sentence(string text, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<DatasetException>(() => Open(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_quote_that_is_never_closed_does_not_swallow_the_table()
    {
        var text = "path,label\n\"1.png,a\n" + string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}.png,a\n"));
        Assert.Contains("is a quote not closed?", Assert.Throws<DatasetException>(() => Open(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_not_UTF_8_is_refused_in_a_sentence()
    {
        _folder.Add("manifest.csv", [.. "path,label\n1.png,Zell"u8, 0xE4, .. "hne"u8]);
        Assert.Contains("not a text in UTF-8", Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_manifests_neither_is_guessed()
    {
        _folder.Add("manifest.tsv", "path\n1.png"u8.ToArray());
        Assert.Contains("There are 2 manifests", Assert.Throws<DatasetException>(() => Open("path\n1.png")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_a_link_is_not_followed()
    {
        File.CreateSymbolicLink(_folder.File("manifest.csv"), "/etc/hostname");
        Assert.Equal("The manifest cannot be read. A symbolic link; only real files are read.", Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public void Of_two_files_of_one_name_in_a_zip_the_first_counts()
    {
        var path = _folder.File("set.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            foreach (var (name, content) in new[] { ("manifest.csv", "path,label\n1.png,a"u8.ToArray()), ("1.png", Pictures.Png(1)), ("1.png", Pictures.Png(2)) })
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        using var source = DatasetSource.Open(path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(Pictures.Png(1), Assert.Single(source.Files).Read());
    }

    [Property(MaxTest = 200)]
    public void Whatever_stands_in_it_ends_in_files_that_are_there_or_in_a_sentence(string?[] fields, char delimiter)
    {
        var text = "path,label,split\n1.png,a,\n" + string.Join(delimiter, fields);
        try
        {
            using var source = Open(text);
            Assert.All(source.Files, f => Assert.True(File.Exists(_folder.File(f.Path))));
        }
        catch (DatasetException refused)
        {
            Assert.Matches("[.?]$", refused.Message);
        }
    }

    [Fact]
    public void Tasks_of_Label_Studio_give_files_labels_and_what_else_their_data_say()
    {
        using var source = Open(
            """
            [
              {"id": 11, "annotations": [{"was_cancelled": false, "result": [{"type": "choices", "value": {"choices": ["Parasitized"]}, "from_name": "choice", "to_name": "image"}]}],
               "data": {"image": "/data/local-files/?d=cells%2F1.png", "patient": 17, "site": "Ward 1", "split": "test"}},
              {"id": 12, "annotations": [{"was_cancelled": true, "result": [{"type": "choices", "value": {"choices": ["Parasitized"]}}]}, {"result": []}],
               "data": {"image": "/data/upload/1/0a1b2c3d-2.png"}},
              {"id": 13, "annotations": [], "data": {"image": "s3://bucket/gone.png"}}
            ]
            """, "label-studio.json");
        Assert.Equal([("1.png", "Parasitized", "17", "Ward 1", DataSplit.Test), ("2.png", null, null, null, (DataSplit?)null)], source.Files.Select(f => (f.Path, f.ClassName, f.Patient, f.Site, f.Split)));
        Assert.Equal(("gone.png", "Task 3 of the manifest: there is no such file."), source.Rejected.Select(r => (r.Path, r.Reason)).Single());
    }

    [Theory]
    [InlineData("{'result': [{'type': 'choices', 'value': {'choices': ['a']}}]}, {'result': [{'type': 'choices', 'value': {'choices': ['b']}}]}")]
    [InlineData("{'result': [{'type': 'choices', 'value': {'choices': ['a', 'b']}}]}")]
    public void A_task_whose_annotations_differ_has_no_label(string annotations)
    {
        using var source = Open($"[{{'annotations': [{annotations}], 'data': {{'image': '1.png'}}}}]".Replace('\'', '"'), "label-studio.json");
        Assert.Null(Assert.Single(source.Files).ClassName);
    }

    [Theory]
    [InlineData("{'data': {'image': '/data/upload/3/a1b2c3d4-cell_1.png'}, 'annotations': [RESULT]}")]
    [InlineData("{'data': {'image': '/data/upload/3/123456-cell_1.png'}, 'annotations': [RESULT]}")]
    [InlineData("{'data': {'image': 'https://store.example/bucket/cell%201.png?signature=abc%2Fdef'}, 'annotations': [RESULT]}")]
    [InlineData("{'data': {'note': 'sent by post', 'image_url': 'cell 1.png'}, 'annotations': [RESULT]}")]
    [InlineData("{'data': {'image': 'cell 1.png'}, 'completions': [RESULT]}")]
    [InlineData("{'image': '/data/upload/3/a1b2c3d4-cell_1.png', 'id': 7, 'class': 'Yes', 'annotator': 1}")]
    [InlineData("{'img': 'cell 1.png', 'choice': 'Yes'}")]
    public void Label_Studio_names_files_and_labels_in_more_ways_than_one(string task)
    {
        _folder.Add("cell 1.png", Pictures.Png(1));
        _folder.Add("cell 2.png", Pictures.Png(2));
        using var source = Open(
            $"[{task}]".Replace("RESULT", "{'result': [{'type': 'choices', 'from_name': 'class', 'value': {'choices': ['Yes']}}]}", StringComparison.Ordinal).Replace('\'', '"'), "label-studio.json");
        Assert.Equal(("cell 1.png", "Yes"), source.Files.Select(f => (f.Path, f.ClassName)).Single());
        Assert.Empty(source.Rejected);
    }

    [Fact]
    public void Label_Studios_table_is_read_too()
    {
        _folder.Add("cell 1.png", Pictures.Png(1));
        using var source = Open("image,id,choice,annotator\n/data/upload/3/a1b2c3d4-cell_1.png,7,Yes,1\n/data/upload/3/a1b2c3d4-gone.png,8,No,1\n");
        Assert.Equal(("cell 1.png", "Yes"), source.Files.Select(f => (f.Path, f.ClassName)).Single());
        Assert.Equal("Line 3 of the manifest: there is no such file.", Assert.Single(source.Rejected).Reason);
        Assert.Equal(["'a1b2c3d4-cell_1.png' was taken for the file 'cell 1.png', as Label Studio calls it."], source.Remarks);
    }

    [Theory]
    [InlineData("{'data': {'image': 'gone.png', 'before': 'cell 1.png'}}")]
    [InlineData("{'data': {'image': 's3://bucket/123456_cell_1.png'}}")]
    [InlineData("{'data': {'image': 'cell_1.png'}}")]
    public void No_other_file_stands_in_for_one_that_is_gone(string task)
    {
        _folder.Add("cell 1.png", Pictures.Png(1));
        using var source = Open($"[{task}, {{\"data\": {{\"image\": \"1.png\"}}}}]".Replace('\'', '"'), "label-studio.json");
        Assert.Equal("1.png", Assert.Single(source.Files).Path);
        Assert.Equal("Task 1 of the manifest: there is no such file.", Assert.Single(source.Rejected).Reason);
    }

    [Fact]
    public void A_hundred_remarks_are_kept_and_the_others_counted()
    {
        var lines = Enumerable.Range(0, 300).Select(i => string.Concat(Enumerable.Range(0, 9).Select(bit => (i >> bit) % 2 == 0 ? 'a' : 'A')));
        using var source = Open($"path,label\n{string.Join('\n', lines.Select(label => $"1.png,{label}"))}");
        Assert.Equal(["aaaaaaaaa"], source.ClassNames);
        Assert.Equal(101, source.Remarks.Count);
        Assert.Equal("And 199 times something else.", source.Remarks[^1]);
    }

    [Fact]
    public void An_uploads_name_that_may_mean_two_files_means_none()
    {
        _folder.Add("a/cell 1.png", Pictures.Png(1));
        _folder.Add("b/cell_1.png", Pictures.Png(2));
        using var source = Open("[{\"data\": {\"image\": \"/data/upload/3/a1b2c3d4-cell_1.png\"}}, {\"data\": {\"image\": \"1.png\"}}]", "label-studio.json");
        Assert.Equal("1.png", Assert.Single(source.Files).Path);
        Assert.Equal("Task 1 of the manifest: there is no such file.", Assert.Single(source.Rejected).Reason);
    }

    [Fact]
    public void Of_two_questions_the_one_called_class_gives_the_label_and_where_none_is_nothing_is_guessed()
    {
        const string Task = """
            [{"data": {"image": "1.png"}, "annotations": [{"result": [
              {"type": "choices", "from_name": "quality", "value": {"choices": ["sharp"]}}, {"type": "choices", "from_name": "class", "value": {"choices": ["Yes"]}}]}]}]
            """;
        using (var source = Open(Task, "label-studio.json"))
        {
            Assert.Equal("Yes", Assert.Single(source.Files).ClassName);
            Assert.Equal(["'class' was taken for the label, of the questions 'class', 'quality'."], source.Remarks);
        }

        Assert.Equal(
            "The tasks answer 2 questions: 'kind', 'quality'. Call the one that gives the class 'label', or take the others out of the export.",
            Assert.Throws<DatasetException>(() => Open(Task.Replace("\"class\"", "\"kind\"", StringComparison.Ordinal), "label-studio.json")).Message);
    }

    [Theory]
    [InlineData("[{\n,", "The manifest is no JSON: line 2 cannot be read.")]
    [InlineData("{\"data\": {}}", "The manifest is not Label Studio's JSON: expected is an array of tasks.")]
    [InlineData("[1, null, {\"data\": []}, {\"data\": {\"image\": \"\\ud800\"}}]", "The manifest names no file that can be taken. Task 1 of the manifest: it names no file.")]
    [InlineData("[{\"data\": {\"image\": \"1.png\"}, \"\\ud800\": 1}]", "The manifest names no file that can be taken. Task 1 of the manifest: it names no file.")]
    public void What_are_no_tasks_is_refused_in_a_sentence(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<DatasetException>(() => Open(text, "label-studio.json")).Message);

    [Fact]
    public void A_line_without_end_is_refused_before_it_is_held()
    {
        const string Sentence = "The manifest has a line of more than 65,536 characters; is it a table?";
        Assert.Equal(Sentence, Assert.Throws<DatasetException>(() => Open($"path,label\n1.png,a\n{new string(',', 1 << 20)}\n2.png,b\n")).Message);
        var quoted = string.Concat(Enumerable.Repeat("\"a\nb\",", 1 << 18));
        Assert.Equal(Sentence, Assert.Throws<DatasetException>(() => Open($"path,label\n1.png,a\n{quoted}\n")).Message);
    }

    [Fact]
    public void A_task_whose_picture_stands_in_it_as_text_or_whose_address_has_no_end_names_no_file()
    {
        var endless = string.Concat(Enumerable.Repeat("a/", 1 << 19));
        using var source = Open($$$"""[{"data":{"image":"{{{endless}}}"}},{"data":{"image":"1.png"}},{"data":{"image":"2.png"}}]""", "label-studio.json");
        Assert.Equal(2, source.FileCount);
        Assert.Equal("Task 1 of the manifest: it names no file.", Assert.Single(source.Rejected).Reason);
    }

    [Fact]
    public void More_labels_or_lines_without_a_file_than_any_data_set_has_are_refused()
    {
        var labels = string.Concat(Enumerable.Range(0, 20).Select(i => $"{i}.png,label {i}\n"));
        for (var i = 0; i < 20; i++)
        {
            _folder.Add($"{i}.png", Pictures.Png(i));
        }

        _folder.Add("manifest.csv", Encoding.UTF8.GetBytes($"path,label\n{labels}"));
        Assert.Contains("different labels", Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Path, SourceLimits.Default with { MaxLabels = 10 }, cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        _folder.Add("manifest.csv", Encoding.UTF8.GetBytes($"path,label\n{labels.Replace(".png", ".gone", StringComparison.Ordinal)}"));
        Assert.Equal(
            "More than 10 files cannot be taken; the first is '0.gone': Line 2 of the manifest: there is no such file.",
            Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Path, SourceLimits.Default with { MaxRejected = 10 }, cancellationToken: TestContext.Current.CancellationToken)).Message);
    }

    private DatasetSource Open(string text, string name = "manifest.csv")
    {
        _folder.Add("1.png", Pictures.Png(1));
        _folder.Add("2.png", Pictures.Png(2));
        _folder.Add(name, Encoding.UTF8.GetBytes(text));
        return DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
    }

    private string Zipped(CompressionLevel level = CompressionLevel.Optimal)
    {
        var zip = Path.Combine(Path.GetTempPath(), $"safemed-test-{Guid.NewGuid():n}.zip");
        ZipFile.CreateFromDirectory(_folder.Path, zip, level, includeBaseDirectory: false);
        var inside = _folder.File("set.zip");
        File.Move(zip, inside);
        return inside;
    }
}
