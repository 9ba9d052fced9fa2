using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsvHelper;
using CsvHelper.Configuration;
using Microsoft.EntityFrameworkCore;
using Parquet.Serialization;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Exports;

/// <summary>A project of 18 images whose pool is agreed on, disputed, decided, unreadable, skipped and unread, with names that spreadsheets take for formulas.</summary>
public sealed class DatasetExporterTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Workplace _workplace = null!;
    private string _ada = null!;
    private string _bea = null!;
    private List<Guid> _pool = null!;

    private static readonly string[] Sites =
    [
        "a;=1+1", "a;\"=1+1;b", "a; +1;b", ";;-1", "=1;=2", "＝1+1", "a;＋1", "－1", "＠a", "\"=1", "\"\"@a;\"", "'a;'=1", "''=1", "a;''b", "Ward 1; left", "a, =b", "O'Hara;b",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        (_ada, _bea) = (await _workplace.AddUserAsync("Ada", "Admin"), await _workplace.AddUserAsync("Bea", "Pathologist"));
        await _workplace.ChangeAsync(p => (p.ReadingsPerImage, p.GoldFraction) = (2, 0));
        _pool = await _workplace.AddImagesAsync(8, patient: "=P1");
        await _workplace.AddImagesAsync(4, DataSplit.Test, "O'Hara");
        await _workplace.AddImagesAsync(2, DataSplit.Calibration, "'=P3");
        await _workplace.AddImagesAsync(2, DataSplit.Validation, "-4");
        await _workplace.AddImagesAsync(2, DataSplit.Gold, "=P1");
        await using (var db = _workplace.Open())
        {
            foreach (var image in await db.Images.OrderBy(i => i.QueueRank).ToListAsync(Cancellation))
            {
                image.SourcePath = $"Parasitized/{(image.QueueRank % 2 == 0 ? "=cell" : "cell, \"a\"")}.png";
                image.Site = image.QueueRank % 3 == 0 ? "Ward 1; left" : null;
                image.ReferenceClass = _pool.Contains(image.Id) ? null : image.ReferenceClass;
            }

            await db.SaveChangesAsync(Cancellation);
        }

        await _workplace.RankAsync(_pool);
        Assert.All([_ada, _bea], reader => Assert.Equal(_pool.Count, _workplace.Labelling.OpenAsync(_workplace.ProjectId, reader, _pool.Count, Cancellation).GetAwaiter().GetResult().Images.Count));
        await AnswerAsync(_pool[0], ada: 0, bea: 0);
        await AnswerAsync(_pool[1], ada: 1, bea: 0);
        await AnswerAsync(_pool[2], ada: 1, bea: 0);
        await AnswerAsync(_pool[3], ada: null, bea: null);
        await AnswerAsync(_pool[4], ada: 0, bea: 1);
        Assert.Null((await _workplace.AnswerAsync(_ada, _pool[5], AnswerKind.Skip)).Error);
        Assert.Null((await _workplace.AnswerAsync(_ada, _pool[6], classIndex: 1)).Error);
        foreach (var (image, decision) in new[] { (_pool[2], (int?)1), (_pool[4], null) })
        {
            Assert.Null((await _workplace.Get<AdjudicationService>().DecideAsync(_workplace.ProjectId, image, _ada, decision, Guid.NewGuid(), Cancellation)).Error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(ExportFormat.Csv)]
    [InlineData(ExportFormat.JsonLines)]
    [InlineData(ExportFormat.Coco)]
    [InlineData(ExportFormat.Parquet)]
    [InlineData(ExportFormat.Folders)]
    public async Task A_package_that_is_imported_elsewhere_and_exported_again_has_lost_nothing_that_was_said(ExportFormat format)
    {
        var summary = await ExportAsync(new ExportOptions(format, WithPictures: true, NamesReaders: true), "package.zip");
        Assert.Equal((18, 11), (summary.Images, summary.Readings));

        await using var elsewhere = await Workplace.CreateAsync();
        Assert.Equal((18, 0, 0, 13), await ImportAsync(elsewhere) is { } done ? (done.Added, done.Rejected, done.Conflicts, done.Readings) : default);
        Assert.Equal(await SaidAsync(_workplace), await SaidAsync(elsewhere));

        Assert.Equal((0, 0), await ImportAsync(elsewhere) is { } again ? (again.Added, again.Readings) : default);
        Assert.Equal(await SaidAsync(_workplace), await SaidAsync(elsewhere));
    }

    [Fact]
    public async Task Who_read_elsewhere_is_no_colleague_of_the_same_name_and_signs_in_nowhere()
    {
        await ExportAsync(new ExportOptions(ExportFormat.Csv, WithPictures: true, NamesReaders: true), "package.zip");
        await using var elsewhere = await Workplace.CreateAsync();
        var ada = await elsewhere.AddUserAsync("Ada", "Admin");
        await ImportAsync(elsewhere);

        await using var db = elsewhere.Open();
        Assert.False(await db.Answers.AnyAsync(a => a.ReaderId == ada, Cancellation));
        var readers = await db.Users.Where(u => u.Id != ada).OrderBy(u => u.DisplayName).ToListAsync(Cancellation);
        Assert.Equal(["Ada (elsewhere)", "Bea (elsewhere)"], readers.Select(r => r.DisplayName));
        Assert.All(readers, r => Assert.Equal((null, null, DateTimeOffset.MaxValue), (r.PasswordHash, r.Email, r.LockoutEnd)));
        Assert.False(await db.UserRoles.AnyAsync(r => r.UserId != ada, Cancellation));
        Assert.False(await db.AuditEntries.AnyAsync(e => e.Action == AuditAction.Answered, Cancellation));
    }

    [Fact]
    public async Task Images_that_were_read_elsewhere_are_not_asked_about_again()
    {
        await ExportAsync(new ExportOptions(ExportFormat.Csv, WithPictures: true), "package.zip");
        await using var elsewhere = await Workplace.CreateAsync();
        var reader = await elsewhere.AddUserAsync("Cleo", "Pathologist");
        await ImportAsync(elsewhere);

        var asked = (await elsewhere.Labelling.OpenAsync(elsewhere.ProjectId, reader, 18, Cancellation)).Images;
        await using var db = elsewhere.Open();
        var read = await db.Answers.Select(a => a.ImageId).Distinct().ToListAsync(Cancellation);
        Assert.Equal(6, read.Count);
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Select(i => i.Id).Intersect(read));
    }

    [Fact]
    public async Task What_was_read_as_gold_elsewhere_is_gold_here_and_answers_of_test_images_are_left_out()
    {
        await ExportAsync(new ExportOptions(ExportFormat.Csv, WithPictures: true), "package.zip");
        List<ProjectImage> images;
        await using (var source = _workplace.Open())
        {
            images = await source.Images.OrderBy(i => i.QueueRank).ToListAsync(Cancellation);
        }

        var (gold, test) = (images.First(i => i.Split == DataSplit.Gold), images.First(i => i.Split == DataSplit.Test));
        using (var zip = await ZipFile.OpenAsync(_folder.File("package.zip"), ZipArchiveMode.Update, Cancellation))
        {
            zip.GetEntry("readings.csv")!.Delete();
            await using var writer = new StreamWriter(await zip.CreateEntry("readings.csv").OpenAsync(Cancellation));
            await writer.WriteAsync($"""
                sha256,reader,answer,answered_utc,shown_because
                {gold.ContentHash},Ada,Uninfected,2026-05-04T13:45:00Z,gold
                {test.ContentHash},Ada,Uninfected,2026-05-04T13:45:00Z,ranked
                {new string('0', 64)},Ada,Uninfected,2026-05-04T13:45:00Z,ranked
                {gold.ContentHash},Ada,Uninfected,yesterday,ranked
                """);
        }

        await using var elsewhere = await Workplace.CreateAsync();
        var import = await ImportAsync(elsewhere);
        Assert.Equal((1, 1), (import.Readings, import.Rejected));
        await using var db = elsewhere.Open();
        Assert.Equal(gold.ContentHash, (await db.Images.SingleAsync(i => i.Split == DataSplit.Gold, Cancellation)).ContentHash);
        Assert.Equal(
            [
                "1 answer is left out, of pictures that no reader is asked about here, as those of the test set.",
                "1 answer is of pictures that did not go in.",
                "Line 5: the time is not one, as in 2026-05-04T13:45:00Z.",
            ],
            (await db.ImportIssues.Select(i => i.Reason).ToListAsync(Cancellation)).Order());
    }

    [Fact]
    public async Task Label_Studios_tasks_that_are_imported_elsewhere_bring_every_picture_with_its_patient_site_split_and_label()
    {
        await ExportAsync(new ExportOptions(ExportFormat.LabelStudio, WithPictures: true), "package.zip");
        await using var elsewhere = await Workplace.CreateAsync();
        Assert.Equal((18, 0, 0), await ImportAsync(elsewhere) is { } done ? (done.Added, done.Rejected, done.Conflicts) : default);
        Assert.Equal(await ContentAsync(_workplace, LabelOf), await ContentAsync(elsewhere, image => image.ReferenceClass));
    }

    [Fact]
    public async Task A_table_has_a_row_for_each_reading_and_one_for_each_image_that_nobody_has_read()
    {
        await ExportAsync(new ExportOptions(ExportFormat.Csv), "labels.csv");
        var rows = ReadTable(_folder.File("labels.csv"));
        Assert.Equal(11 + 18 - 6, rows.Count);

        var ada = ReaderPseudonym.Of(_workplace.ProjectId, _ada);
        var disputed = rows.Where(r => r["image"] == $"{_pool[1]}").ToList();
        Assert.Equal(["Parasitized", "Uninfected"], disputed.Select(r => r["answer"]).Order());
        Assert.All(disputed, r => Assert.Equal(("disputed", "", ""), (r["standing"], r["consensus"], r["label"])));
        var reading = Assert.Single(disputed, r => r["reader"] == ada);
        Assert.Equal(("label", "Uninfected", "unaided", "0.8", "1"), (reading["kind"], reading["answer"], reading["aid"], reading["seconds"], reading["ranked_by_round"]));
        Assert.Equal(_workplace.Time.GetUtcNow().UtcDateTime, DateTime.Parse(reading["answered_utc"], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind));
        Assert.Equal([("decided", "Uninfected")], rows.Where(r => r["image"] == $"{_pool[2]}").Select(r => (r["standing"], r["label"])).Distinct());
        Assert.Equal([("unreadable", "")], rows.Where(r => r["image"] == $"{_pool[4]}").Select(r => (r["standing"], r["label"])).Distinct());
        Assert.Equal(("unread", ""), rows.Single(r => r["image"] == $"{_pool[5]}") is { } skipped ? (skipped["standing"], skipped["reader"]) : default);
    }

    [Fact]
    public async Task What_a_spreadsheet_would_take_for_a_formula_stands_in_a_table_as_text()
    {
        await ExportAsync(new ExportOptions(ExportFormat.Csv), "labels.csv");
        var patients = ReadTable(_folder.File("labels.csv")).Select(r => r["patient"]).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(["''=P3", "'-4", "'=P1", "O'Hara"], patients);
    }

    [Fact]
    public async Task However_a_spreadsheet_parts_a_table_no_cell_is_a_formula_and_an_import_has_the_same_texts()
    {
        await NameSitesAsync();
        await ExportAsync(new ExportOptions(ExportFormat.Csv, WithPictures: true, NamesReaders: true), "package.zip");
        await using (var zip = await ZipFile.OpenReadAsync(_folder.File("package.zip"), Cancellation))
        {
            foreach (var table in zip.Entries.Where(e => e.Name.EndsWith(".csv", StringComparison.Ordinal)))
            {
                using var reader = new StreamReader(await table.OpenAsync(Cancellation));
                var text = await reader.ReadToEndAsync(Cancellation);
                Assert.All((string[])[";", "\t", ","], separator => Assert.All(CellsOf(text, separator), cell => Assert.DoesNotMatch("^[ \"]*[=+\\-@＝＋－＠]", cell)));
            }

            using var manifest = new StreamReader(await zip.GetEntry("manifest.csv")!.OpenAsync(Cancellation));
            Assert.Contains(",\"a;'=1+1\",", await manifest.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
        }

        await using var elsewhere = await Workplace.CreateAsync();
        await ImportAsync(elsewhere);
        Assert.Equal(await SaidAsync(_workplace), await SaidAsync(elsewhere));
    }

    [Fact]
    public async Task The_page_marks_in_its_own_tables_what_an_export_marks()
    {
        await NameSitesAsync();
        await ExportAsync(new ExportOptions(ExportFormat.Csv), "labels.csv");
        var script = await File.ReadAllTextAsync(Guides.File("../wwwroot-assets/js/figures.js"), Cancellation);
        var rule = Regex.Match(script, @"replaceAll\(/(.+)/gu, ""'""\)").Groups[1].Value;
        Assert.NotEmpty(rule);
        Assert.Equal(
            Sites.Select(site => Regex.Replace(site, rule, "'")).Order(StringComparer.Ordinal),
            ReadTable(_folder.File("labels.csv")).Select(r => r["site"]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Readers_stand_under_pseudonyms_unless_their_names_are_asked_for()
    {
        await ExportAsync(new ExportOptions(ExportFormat.JsonLines), "labels.jsonl");
        var hidden = await File.ReadAllTextAsync(_folder.File("labels.jsonl"), Cancellation);
        Assert.All([_ada, _bea, "Ada", "Bea", "example.org"], name => Assert.DoesNotContain(name, hidden, StringComparison.Ordinal));
        Assert.Equal(2, hidden.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(line => JsonNode.Parse(line)!["readings"]!.AsArray()).Select(r => r!["reader"]!.GetValue<string>()).Distinct().Count());

        await ExportAsync(new ExportOptions(ExportFormat.JsonLines, NamesReaders: true), "labels.jsonl");
        Assert.Contains("\"reader\":\"Bea\"", await File.ReadAllTextAsync(_folder.File("labels.jsonl"), Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parquet_holds_the_rows_of_the_table_with_their_types()
    {
        await ExportAsync(new ExportOptions(ExportFormat.Csv), "labels.csv");
        await ExportAsync(new ExportOptions(ExportFormat.Parquet), "labels.parquet");
        await using var stream = File.OpenRead(_folder.File("labels.parquet"));
        var typed = await ParquetSerializer.DeserializeUntypedAsync(stream, cancellationToken: Cancellation);
        var rows = ReadTable(_folder.File("labels.csv"));
        Assert.Equal(rows.Select(r => r["image"]), typed.Data.Select(r => (string)r["image"]!));
        Assert.Equal(rows.Select(r => r["width"]), typed.Data.Select(r => ((int)r["width"]!).ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(rows.Select(r => r["seconds"]), typed.Data.Select(r => r.GetValueOrDefault("seconds") is double seconds ? seconds.ToString(CultureInfo.InvariantCulture) : ""));
        Assert.Equal(rows.Count(r => r["answered_utc"].Length > 0), typed.Data.Count(r => r.GetValueOrDefault("answered_utc") is DateTime));
    }

    [Fact]
    public async Task Label_Studios_tasks_have_the_fields_and_types_that_its_documentation_names()
    {
        await ExportAsync(new ExportOptions(ExportFormat.LabelStudio), "label-studio.json");
        var tasks = JsonNode.Parse(await File.ReadAllTextAsync(_folder.File("label-studio.json"), Cancellation))!.AsArray();
        Assert.Equal(Enumerable.Range(1, 18), tasks.Select(t => t!["id"]!.GetValue<int>()));
        Assert.All(tasks, task => Assert.StartsWith("images/", task!["data"]!["image"]!.GetValue<string>(), StringComparison.Ordinal));
        Assert.All(tasks, task => Assert.Empty(task!["predictions"]!.AsArray()));
        var annotations = tasks.SelectMany(t => t!["annotations"]!.AsArray()).ToList();
        Assert.Equal(Enumerable.Range(1, annotations.Count), annotations.Select(a => a!["id"]!.GetValue<int>()));
        Assert.All(annotations, annotation =>
        {
            var results = annotation!["result"]!.AsArray();
            Assert.Equal(annotation["was_cancelled"]!.GetValue<bool>(), results.Count == 0);
            Assert.Equal(annotation["ground_truth"]!.GetValue<bool>(), annotation["created_at"] is null && annotation["lead_time"] is null);
            Assert.All(results, result =>
            {
                Assert.Equal(("label", "image", "choices"), (result!["from_name"]!.GetValue<string>(), result["to_name"]!.GetValue<string>(), result["type"]!.GetValue<string>()));
                Assert.Contains(Assert.Single(result["value"]!["choices"]!.AsArray())!.GetValue<string>(), (string[])["Parasitized", "Uninfected"]);
            });
        });
        Assert.Equal(11, annotations.Count(a => !a!["ground_truth"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task Cocos_annotations_name_images_and_categories_that_are_there_one_for_each_label()
    {
        await ExportAsync(new ExportOptions(ExportFormat.Coco), "coco.json");
        var coco = JsonNode.Parse(await File.ReadAllTextAsync(_folder.File("coco.json"), Cancellation))!;
        var categories = coco["categories"]!.AsArray().ToDictionary(c => c!["id"]!.GetValue<int>(), c => c!["name"]!.GetValue<string>());
        var images = coco["images"]!.AsArray().ToDictionary(i => i!["id"]!.GetValue<int>(), i => i!["sha256"]!.GetValue<string>());
        var labels = coco["annotations"]!.AsArray().ToDictionary(a => images[a!["image_id"]!.GetValue<int>()], a => categories[a!["category_id"]!.GetValue<int>()]);
        Assert.Equal((await ContentAsync(_workplace, LabelOf)).Where(i => i.Label is not null).Select(i => (i.Hash, i.Label)), labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => (l.Key, (string?)l.Value)));
    }

    [Fact]
    public async Task Each_labelled_picture_lies_in_the_folder_of_its_class_and_the_others_beside_them()
    {
        await ExportAsync(new ExportOptions(ExportFormat.Folders), "folders.zip");
        using var zip = await ZipFile.OpenReadAsync(_folder.File("folders.zip"), Cancellation);
        var pictures = zip.Entries.Where(e => e.FullName.StartsWith("images/", StringComparison.Ordinal)).ToList();
        var expected = (await ContentAsync(_workplace, LabelOf)).GroupBy(i => i.Label).ToDictionary(g => g.Key ?? "", g => g.Count());
        Assert.Equal(expected["Parasitized"], pictures.Count(p => p.FullName.StartsWith("images/Parasitized/", StringComparison.Ordinal)));
        Assert.Equal(expected["Uninfected"], pictures.Count(p => p.FullName.StartsWith("images/Uninfected/", StringComparison.Ordinal)));
        Assert.Equal(expected[""], pictures.Count(p => p.FullName.Count(c => c == '/') == 1));
        Assert.Contains(pictures, p => p.Name.EndsWith("-cell, _a_.png", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_picture_that_is_gone_is_said_so_and_no_half_file_stays()
    {
        string hash;
        await using (var db = _workplace.Open())
        {
            hash = (await db.Images.FirstAsync(Cancellation)).ContentHash;
        }

        File.Delete(Path.Combine(_workplace.Storage.ContentFolder, hash[..2], hash[2..4], hash));
        var refused = await Assert.ThrowsAsync<DatasetException>(() => ExportAsync(new ExportOptions(ExportFormat.Csv, WithPictures: true), "package.zip"));
        Assert.Equal($"The picture {hash} cannot be read from the storage, or is damaged there.", refused.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task An_export_runs_once_gives_its_file_and_takes_it_along_when_it_is_deleted()
    {
        var exports = _workplace.Get<ExportService>();
        var id = (await exports.StartAsync(_workplace.ProjectId, new ExportOptions(ExportFormat.Folders), _ada, cancellationToken: Cancellation)).Value;
        Assert.Equal("There is no such export, or it is not ready.", (await exports.TakeAsync(_workplace.ProjectId, id, Cancellation)).Error);

        using (var stopped = new CancellationTokenSource())
        {
            await stopped.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _workplace.Get<ExportRunner>().RunAsync(id, stopped.Token));
        }

        await _workplace.Get<ExportRunner>().RunAsync(id, Cancellation);
        var export = Assert.Single(await exports.ListAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal((ExportState.Completed, 18, 11, true), (export.State, export.Images, export.Readings, export.WithPictures));
        var (path, name) = (await exports.TakeAsync(_workplace.ProjectId, id, Cancellation)).Value;
        Assert.Equal((export.Bytes, $"project-{_workplace.ProjectId}-export-{id}.zip"), (new FileInfo(path).Length, name));
        Assert.False((await exports.TakeAsync(_workplace.ProjectId + 1, id, Cancellation)).Succeeded);

        await exports.DeleteAsync(id, Cancellation);
        Assert.Empty(await exports.ListAsync(_workplace.ProjectId, Cancellation));
        Assert.Empty(Directory.EnumerateFiles(_workplace.Storage.ExportFolder));
    }

    private async Task AnswerAsync(Guid image, int? ada, int? bea)
    {
        foreach (var (reader, answer) in new[] { (_ada, ada), (_bea, bea) })
        {
            Assert.Null((await _workplace.AnswerAsync(reader, image, answer is null ? AnswerKind.Unreadable : AnswerKind.Label, answer)).Error);
        }
    }

    /// <summary>Gives each image a site that some spreadsheet somewhere takes for a formula, or that looks as if it had been marked.</summary>
    private async Task NameSitesAsync()
    {
        await using var db = _workplace.Open();
        foreach (var (index, image) in (await db.Images.ToListAsync(Cancellation)).Index())
        {
            image.Site = Sites[index % Sites.Length];
        }

        await db.SaveChangesAsync(Cancellation);
    }

    /// <summary>The cells of a program that parts them by <paramref name="separator"/>: a quote counts only where a cell begins with it.</summary>
    private static IEnumerable<string> CellsOf(string text, string separator)
    {
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture) { Delimiter = separator, BadDataFound = null, HasHeaderRecord = false };
        using var parser = new CsvParser(new StringReader(text), configuration);
        while (parser.Read())
        {
            foreach (var cell in parser.Record!)
            {
                yield return cell;
            }
        }
    }

    /// <summary>Takes the package in.</summary>
    private async Task<DatasetImport> ImportAsync(Workplace elsewhere)
    {
        var imports = elsewhere.Get<ImportService>();
        var import = await imports.EnterAsync(ImportRequest.Of(elsewhere.ProjectId, _folder.File("package.zip"), ImportService.DefaultPatientPattern, "admin", null), Cancellation);
        await elsewhere.Get<ImportRunner>().RunAsync(import.Value, Cancellation);
        var done = (await imports.GetAsync(import.Value, Cancellation))!;
        Assert.Equal((ImportState.Completed, null), (done.State, done.Error));
        return done;
    }

    /// <summary>All that an export tells of a project's images, but for what belongs to the program that wrote it: its keys, its rounds, and its choice of gold images.</summary>
    private async Task<List<string>> SaidAsync(Workplace workplace)
    {
        await workplace.Get<DatasetExporter>().WriteAsync(workplace.ProjectId, new ExportOptions(ExportFormat.JsonLines, NamesReaders: true), _folder.File("said.jsonl"), new Progress<double>(), Cancellation);
        return [.. (await File.ReadAllLinesAsync(_folder.File("said.jsonl"), Cancellation)).Select(line =>
        {
            var image = JsonNode.Parse(line.Replace(" (elsewhere)", "", StringComparison.Ordinal).Replace("\"gold\"", "\"training\"", StringComparison.Ordinal))!.AsObject();
            image.Remove("id");
            image.Remove("file");
            foreach (var reading in image["readings"]!.AsArray())
            {
                reading!.AsObject().Remove("round");
            }

            return image.ToJsonString();
        })];
    }

    private Task<ExportSummary> ExportAsync(ExportOptions options, string file) =>
        _workplace.Get<DatasetExporter>().WriteAsync(_workplace.ProjectId, options, _folder.File(file), new Progress<double>(), Cancellation);

    /// <summary>What this project's readings come to, by hand.</summary>
    private int? LabelOf(ProjectImage image) => _pool.IndexOf(image.Id) switch
    {
        0 => 0,
        2 or 6 => 1,
        1 or 3 or 4 or 5 or 7 => null,
        _ => image.ReferenceClass,
    };

    /// <summary>A project's images, by content.</summary>
    private static async Task<List<(string Hash, string Patient, string? Site, DataSplit Split, string? Label)>> ContentAsync(Workplace workplace, Func<ProjectImage, int?> labelOf)
    {
        await using var db = workplace.Open();
        var classes = await db.ProjectClasses.Where(c => c.ProjectId == workplace.ProjectId).ToDictionaryAsync(c => c.Index, c => c.Name, Cancellation);
        return [.. (await db.Images.OrderBy(i => i.ContentHash).ToListAsync(Cancellation))
            .Select(i => (i.ContentHash, i.Patient, i.Site, i.Split == DataSplit.Gold ? DataSplit.Training : i.Split, labelOf(i) is { } label ? classes[label] : null))];
    }

    private static List<Dictionary<string, string>> ReadTable(string path)
    {
        using var csv = new CsvReader(new StreamReader(path), CultureInfo.InvariantCulture);
        return [.. csv.GetRecords<dynamic>().Select(row => ((IDictionary<string, object>)row).ToDictionary(f => f.Key, f => (string)f.Value))];
    }
}
