using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Testing;
using SkiaSharp;

namespace SafeMedLabel.Cli.Tests;

/// <summary>The program as a person or a script runs it: a process, its two outputs and its exit code.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("predict")]
    [InlineData("simulate")]
    [InlineData("experiment")]
    [InlineData("audit")]
    [InlineData("import")]
    [InlineData("backup")]
    [InlineData("restore")]
    [InlineData("clean")]
    [InlineData("leaks")]
    [InlineData("methods")]
    [InlineData("model")]
    [InlineData("demo-data")]
    [InlineData("worker")]
    [InlineData("predictor")]
    public async Task Every_verb_explains_itself(string verb)
    {
        var (code, output, _) = await RunAsync(verb, "--help");

        Assert.Equal(0, code);
        Assert.Contains("Usage", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_is_one_sentence_on_standard_error_and_an_exit_code_above_zero()
    {
        var (code, output, error) = await RunAsync("evaluate", "--model", "/no/such/model.safetensors", "--data", "/no/such/folder", "--json");

        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.StartsWith("safemed: There is no model file", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_needs_is_taken_out_of_a_storage_once_and_a_dry_run_only_says_so()
    {
        using var folder = new TemporaryFolder();
        folder.Add("cells/a/C1thin_1.png", Pictures.Png(1));
        folder.Add("cells/b/C2thin_2.png", Pictures.Png(2));
        string[] clean = ["clean", "--storage", folder.File("storage"), "--json"];
        Assert.StartsWith("safemed: There is no storage of a server in", (await RunAsync(clean)).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("import", folder.File("cells"), "--storage", folder.File("storage"), "--project", "Cells", "--create")).Code);
        var content = Path.Combine("storage", "content");
        var orphan = folder.Add(Path.Combine(content, "ab", "cd", $"abcd{new string('0', 60)}"), new byte[1000]);
        File.SetLastWriteTimeUtc(orphan, DateTime.UtcNow.AddDays(-1));

        foreach (var (arguments, files, isThere) in new[] { ((string[])[.. clean, "--dry-run"], 1, true), (clean, 1, false), (clean, 0, false) })
        {
            var report = JsonNode.Parse((await RunAsync(arguments)).Output)!;
            Assert.Equal((files, 1000 * files, isThere), (report["files"]!.GetValue<int>(), report["bytes"]!.GetValue<int>(), File.Exists(orphan)));
        }

        Assert.Equal(2, Directory.GetFiles(folder.File(content), "*", SearchOption.AllDirectories).Length);
    }

    [Theory]
    [InlineData("predict", "--model", "PIPE", "x.png")]
    [InlineData("evaluate", "--model", "PIPE", "--data", "cells")]
    [InlineData("model", "convert", "PIPE", "out.pth")]
    [InlineData("train", "--weights", "PIPE", "--data", "cells", "--out", "m.safetensors")]
    [InlineData("train", "--data", "PIPE", "--out", "m.safetensors")]
    [InlineData("restore", "PIPE", "--storage", "restored")]
    [InlineData("import", "PIPE", "--storage", "storage", "--project", "P", "--create")]
    public async Task A_pipe_that_a_person_names_is_refused_in_one_sentence(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        folder.Add("cells/a/C1thin_1.png", Pictures.Png(1));
        folder.Add("cells/b/C2thin_2.png", Pictures.Png(2));
        var pipe = SpecialFiles.Pipe(folder.File("pipe.safetensors"));
        string[] typed = [.. arguments.Select(a => a == "PIPE" ? pipe : a is "cells" or "storage" or "restored" or "m.safetensors" or "out.pth" ? folder.File(a) : a)];

        var (code, _, error) = await RunAsync(typed).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Assert.Equal(1, code);
        Assert.Contains("A pipe, device or socket; only real files are read.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_go_into_a_storage_without_a_server_a_second_time_nothing_does_they_come_out_again_and_the_trail_has_it_all()
    {
        using var folder = new TemporaryFolder();
        folder.Add("cells/a/C1thin_1.png", Pictures.Png(1));
        folder.Add("cells/a/text.png", "no picture"u8.ToArray());
        folder.Add("cells/b/C2thin_2.png", Pictures.Png(2));
        string[] import = ["import", folder.File("cells"), "--storage", folder.File("storage"), "--project", "Cells", "--json"];

        var (unknown, _, refusal) = await RunAsync(import);
        Assert.Equal((1, "safemed: There is no project 'Cells' in this storage; --create makes it."), (unknown, refusal.TrimEnd()));

        var (imported, first, error) = await RunAsync([.. import, "--create"]);
        Assert.True(imported == 0, error);
        Assert.Equal("2 0 0 2", Counts(first));
        var rejected = Assert.Single(JsonNode.Parse(first)!["rejected"]!.AsArray())!;
        Assert.Equal("a/text.png", rejected["file"]!.GetValue<string>());
        Assert.StartsWith("Not an image", rejected["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.All(["seconds", "imagesPerSecond"], name => Assert.True(JsonNode.Parse(first)![name]!.GetValue<double>() > 0));

        folder.Add("cells/b/C3thin_3.png", Pictures.Png(3));
        Assert.Equal("1 2 0 1", Counts((await RunAsync([.. import, "--dry-run"])).Output));
        Assert.Equal("1 2 0 1", Counts((await RunAsync(import)).Output));
        Assert.Equal("0 3 0 0", Counts((await RunAsync(import)).Output));

        string[] export = ["export", "--storage", folder.File("storage"), "--project", "Cells", "--format", "folders", "--out", folder.File("cells.zip"), "--json"];
        var (exported, exportedCounts, exportError) = await RunAsync(export);
        Assert.True(exported == 0, exportError);
        Assert.Equal((3, 0), (JsonNode.Parse(exportedCounts)!["images"]!.GetValue<int>(), JsonNode.Parse(exportedCounts)!["readings"]!.GetValue<int>()));
        Assert.Equal("3 0 0 3", Counts((await RunAsync(["import", folder.File("cells.zip"), "--storage", folder.File("elsewhere"), "--project", "Cells", "--create", "--json"])).Output));
        export[2] = folder.File("nowhere");
        Assert.Equal((1, $"safemed: There is no storage of a server in '{export[2]}'."), await RunAsync(export) is var (refused, _, sentence) ? (refused, sentence.TrimEnd()) : default);
        Assert.False(Directory.Exists(export[2]));

        string[] verify = ["audit", "verify", "--storage", folder.File("storage"), "--json"];
        var (intact, trail, trailError) = await RunAsync(verify);
        Assert.True(intact == 0, trailError);
        Assert.True(JsonNode.Parse(trail)!["entries"]!.GetValue<int>() > 3);
        await using (var connection = new SqliteConnection($"Data Source={folder.File("storage/safemedlabel.db")};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE AuditEntries SET Subject = 'another import' WHERE Id = 2";
            Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }

        var (tampered, _, said) = await RunAsync(verify);
        Assert.Equal(1, tampered);
        Assert.StartsWith("Entry 2 is not what was written", said, StringComparison.Ordinal);

        static string Counts(string json) => string.Join(' ', ((string[])["imported", "duplicates", "conflicts", "patients"]).Select(name => JsonNode.Parse(json)![name]));
    }

    [Fact]
    public async Task A_storage_is_backed_up_into_one_file_and_restored_only_where_nothing_lies()
    {
        using var folder = new TemporaryFolder();
        folder.Add("cells/a/C1thin_1.png", Pictures.Png(1));
        folder.Add("cells/b/C2thin_2.png", Pictures.Png(2));
        string[] import = ["import", folder.File("cells"), "--project", "Cells", "--storage"];
        string[] backup = ["backup", "--storage", folder.File("storage"), "--out", folder.File("of.backup"), "--json"];
        string[] restore = ["restore", folder.File("of.backup"), "--storage", folder.File("restored"), "--json"];
        Assert.StartsWith("safemed: There is no storage in", (await RunAsync(backup)).Error, StringComparison.Ordinal);
        var (imported, _, error) = await RunAsync([.. import, folder.File("storage"), "--create"]);
        Assert.True(imported == 0, error);

        var (backedUp, made, backupError) = await RunAsync(backup);
        Assert.True(backedUp == 0, backupError);
        Assert.Equal("1 2 0 0 0", Counts(made));
        Assert.Equal((1, $"safemed: {folder.File("of.backup")} is there already."), await RefusalAsync(backup));
        Assert.Equal(0, (await RunAsync([.. backup, "--force"])).Code);

        var (restored, found, restoreError) = await RunAsync(restore);
        Assert.True(restored == 0, restoreError);
        Assert.Equal("1 2 0 0 0", Counts(found));
        Assert.StartsWith("SafeMedLabel ", JsonNode.Parse(found)!["software"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.All([made, found], json => Assert.True(JsonNode.Parse(json)!["seconds"]!.GetValue<double>() > 0));
        Assert.Equal((1, $"safemed: {folder.File("restored")} is not empty; a backup is restored into a folder that is empty or not there."), await RefusalAsync(restore));
        Assert.Equal(2, JsonNode.Parse((await RunAsync([.. import, folder.File("restored"), "--json"])).Output)!["duplicates"]!.GetValue<int>());

        static string Counts(string json) => string.Join(' ', ((string[])["projects", "images", "labels", "models", "missing"]).Select(name => JsonNode.Parse(json)![name]));
        static async Task<(int, string)> RefusalAsync(string[] command) => await RunAsync(command) is var (code, _, refusal) ? (code, refusal.TrimEnd().Split('\n')[^1]) : default;
    }

    [Fact]
    public async Task An_import_that_is_killed_is_carried_on_by_the_worker_with_nothing_doubled_and_nothing_missing()
    {
        const int Cells = 1500;
        var cancellation = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        for (var i = 0; i < Cells; i++)
        {
            folder.Add($"cells/{(i % 2 == 0 ? "a" : "b")}/C{i / 100}thin_{i}.png", Pictures.Png(i % 256, width: 16 + (i / 256)));
        }

        var storage = new StorageOptions { Root = folder.File("storage") };
        AppDbContext Open() => new(new DbContextOptionsBuilder<AppDbContext>().UseSqlite($"Data Source={storage.DatabaseFile};Default Timeout=30;Pooling=False").Options);
        async Task<int> CountAsync()
        {
            if (!File.Exists(storage.DatabaseFile))
            {
                return 0;
            }

            await using var db = Open();
            try
            {
                return await db.Images.CountAsync(cancellation);
            }
            catch (SqliteException)
            {
                // Its tables are being made.
                return 0;
            }
        }

        using (var import = Start(["import", folder.File("cells"), "--storage", folder.File("storage"), "--project", "Cells", "--create"]))
        {
            while (!import.HasExited && await CountAsync() == 0)
            {
                await Task.Delay(20, cancellation);
            }

            import.Kill();
            await import.WaitForExitAsync(cancellation);
        }

        var before = await CountAsync();
        Assert.InRange(before, 1, Cells - 1);
        using (var worker = Start(["worker", "--storage", folder.File("storage")]))
        {
            await using var watch = Open();
            while (!worker.HasExited && !await watch.Imports.AnyAsync(i => i.State != ImportState.Queued && i.State != ImportState.Running, cancellation))
            {
                await Task.Delay(100, cancellation);
            }

            worker.Kill();
            await worker.WaitForExitAsync(cancellation);
        }

        await using var done = Open();
        var carried = await done.Imports.SingleAsync(cancellation);
        Assert.Equal((ImportState.Completed, Cells - before, before, 0), (carried.State, carried.Added, carried.Duplicates, carried.Rejected));
        var images = await done.Images.ToListAsync(cancellation);
        Assert.Equal(Cells, images.Select(i => i.SourcePath).Distinct().Count());
        var store = new ContentStore(storage.ContentFolder);
        Assert.All(images, image => Assert.Equal(File.ReadAllBytes(folder.File($"cells/{image.SourcePath}")), store.Open(image.ContentHash).ReadWhole()));
        Assert.Equal(Cells, Directory.GetFiles(storage.ContentFolder, new string('?', 64), SearchOption.AllDirectories).Length);
        Assert.All(images.GroupBy(i => i.Patient), patient => Assert.Single(patient.Select(i => i.Split).Distinct()));
    }

    [Fact]
    public async Task A_leak_of_the_split_is_told_by_the_exit_code()
    {
        using var folder = new TemporaryFolder();
        DemoDataset.Write(folder.File("drawn"), 40, seed: 1, cancellationToken: TestContext.Current.CancellationToken);
        byte[][] cells = [.. Directory.GetFiles(folder.File("drawn"), "*.png", SearchOption.AllDirectories).Take(2).Select(File.ReadAllBytes)];
        folder.Add("cells/1.png", cells[0]);
        folder.Add("cells/2.png", cells[1]);
        folder.Add("cells/manifest.csv", "path,label,patient,split\n1.png,a,P1,training\n2.png,b,P2,training\n"u8.ToArray());
        await RunAsync("import", folder.File("cells"), "--storage", folder.File("storage"), "--project", "Cells", "--create");
        string[] leaks = ["leaks", "--storage", folder.File("storage"), "--project", "Cells", "--json"];
        var (clean, output, error) = await RunAsync(leaks);
        Assert.True(clean == 0, error);
        Assert.True(JsonNode.Parse(output)!["isClean"]!.GetValue<bool>());

        using var first = SKBitmap.Decode(cells[0]);
        using var jpeg = first.Encode(SKEncodedImageFormat.Jpeg, 85);
        folder.Add("more/3.jpg", jpeg.ToArray());
        folder.Add("more/manifest.csv", "path,label,patient,split\n3.jpg,a,P3,test\n"u8.ToArray());
        await RunAsync("import", folder.File("more"), "--storage", folder.File("storage"), "--project", "Cells");
        var (leaking, report, sentence) = await RunAsync(leaks);
        Assert.Equal((1, "safemed: The split leaks."), (leaking, sentence.TrimEnd()));
        var pair = JsonNode.Parse(report)!["nearDuplicates"]!.AsArray().Single(p => p!["isAcross"]!.GetValue<bool>())!;
        Assert.Equal(["P1 Training", "P3 Test"], new[] { pair["first"]!, pair["second"]! }.Select(i => $"{i["patient"]} {i["split"]}").Order());
    }

    [Fact]
    public async Task A_trained_model_is_evaluated_on_its_held_out_patients_and_predicts_with_an_abstention()
    {
        var cells = SharedData.Require("data/nih-malaria-mini");
        var folder = Directory.CreateTempSubdirectory("safemed-cli-").FullName;
        try
        {
            var model = Path.Combine(folder, "model.safetensors");
            var (trained, _, trainError) = await RunAsync("train", "--data", cells, "--size", "32", "--epochs", "1", "--minimum-steps", "4", "--threads", "1", "--out", model, "--json");
            Assert.True(trained == 0, trainError);
            Assert.True(File.Exists(Path.ChangeExtension(model, ".json")));

            var (evaluated, report, _) = await RunAsync("evaluate", "--model", model, "--data", cells, "--json");
            Assert.Equal(0, evaluated);
            using var json = JsonDocument.Parse(report);
            Assert.InRange(json.RootElement.GetProperty("n").GetInt32(), 20, 120);
            Assert.InRange(json.RootElement.GetProperty("accuracy").GetDouble(), 0, 1);
            Assert.Equal(
                ["0.70", "0.75", "0.80", "0.85", "0.90", "0.95"],
                json.RootElement.GetProperty("sfr").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));

            var image = Directory.EnumerateFiles(Path.Combine(cells, "Parasitized")).First();
            var (predicted, predictions, _) = await RunAsync("predict", "--model", model, image, "--json");
            Assert.Equal(0, predicted);
            using var answers = JsonDocument.Parse(predictions);
            Assert.Equal("refer", answers.RootElement[0].GetProperty("decision").GetString());

            // Who knows by what hash a model was known can demand it.
            var hash = ContentStore.Hash(await File.ReadAllBytesAsync(model, TestContext.Current.CancellationToken));
            Assert.Equal(0, (await RunAsync("predict", "--model", model, "--sha256", hash.ToUpperInvariant(), image)).Code);
            Assert.Equal(
                (1, "safemed: The model file is not the one that was asked for: its SHA-256 is another, so that its weights or its card were changed."),
                await RunAsync("evaluate", "--model", model, "--sha256", ContentStore.Hash("another"u8), "--data", cells) is var (code, _, refusal)
                    ? (code, refusal.TrimEnd()) : default);
            Assert.Equal(1, (await RunAsync("predict", "--model", model, "--sha256", hash[..8], image)).Code);

            // Twenty calibration images promise nothing; with a certificate its threshold decides, and a threshold that is asked for stands above it.
            Assert.DoesNotContain("(certificate", (await RunAsync("predict", "--model", model, image)).Output, StringComparison.Ordinal);
            Assert.Equal(("accept", "certificate"), await DecideAsync(model, image, new Certificate(0, 1, 1000, 16, 2, 0.006, 0.01, 0.05)));
            Assert.Equal(("refer", "certificate"), await DecideAsync(model, image, new Certificate(1, 0, 1000, 16, 0, 0.003, 0.01, 0.05)));
            Assert.Equal("accept", (await DecideAsync(model, image, new Certificate(1, 0, 1000, 16, 0, 0.003, 0.01, 0.05), "--threshold", "0")).Decision);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("ImageNet")]
    [InlineData("ImageNet", "--weights", "imagenet")]
    [InlineData(null, "--weights", "random")]
    [InlineData("SimCLR, 1 epochs", "--pretrain", "1")]
    [InlineData("SimCLR, 1 epochs", "--pretrain", "1", "--weights", "random")]
    public async Task A_training_begins_with_ImageNets_weights_where_nobody_asks_for_others_and_the_card_says_with_which(string? expected, params string[] options)
    {
        using var folder = new TemporaryFolder();
        await RunAsync("demo-data", folder.File("cells"), "--count", "60");
        var (code, _, error) = await RunAsync([
            "train", "--data", folder.File("cells"), "--size", "32", "--epochs", "1", "--minimum-steps", "1", "--threads", "1", "--out", folder.File("m.safetensors"), .. options]);

        Assert.True(code == 0, error);
        var card = JsonNode.Parse(await File.ReadAllTextAsync(folder.File("m.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(expected, (string?)card["InitialWeights"]);
    }

    [Theory]
    [InlineData("There is no file of weights 'none.pth'; beside a file, --weights takes imagenet or random.", "--weights", "none.pth")]
    [InlineData("--pretrain begins with random weights: leave it or --weights out.", "--weights", "imagenet", "--pretrain", "1")]
    public async Task Weights_that_cannot_be_had_are_refused_in_one_sentence(string sentence, params string[] options)
    {
        var (code, _, error) = await RunAsync(["train", "--data", SharedData.Require("data/nih-malaria-mini"), "--out", "m.safetensors", .. options]);

        Assert.Equal((1, $"safemed: {sentence}"), (code, error.TrimEnd()));
    }

    /// <summary>What is decided of an image, and whether the words beside it name the certificate.</summary>
    private static async Task<(string Decision, string? By)> DecideAsync(string model, string image, Certificate certificate, params string[] options)
    {
        ChangeCard(model, card => card["Certificate"] = JsonSerializer.SerializeToNode(certificate));
        var (_, output, _) = await RunAsync(["predict", "--model", model, image, "--json", .. options]);
        var (_, words, _) = await RunAsync(["predict", "--model", model, image, .. options]);
        using var answers = JsonDocument.Parse(output);
        return (answers.RootElement[0].GetProperty("decision").GetString()!, words.Contains("(certificate", StringComparison.Ordinal) ? "certificate" : null);
    }

    /// <summary>Changes the card in a model's header: eight bytes of its length, then JSON.</summary>
    internal static void ChangeCard(string model, Action<JsonNode> change) => ChangeMetadata(model, "safemed", change);

    /// <summary>Changes a part of what a model's file says beside its tensors.</summary>
    internal static void ChangeMetadata(string model, string key, Action<JsonNode> change)
    {
        var bytes = File.ReadAllBytes(model);
        var length = (int)BitConverter.ToInt64(bytes, 0);
        var header = JsonNode.Parse(bytes.AsSpan(8, length))!;
        var part = JsonNode.Parse((string)header["__metadata__"]![key]!)!;
        change(part);
        header["__metadata__"]![key] = part.ToJsonString();
        var changed = JsonSerializer.SerializeToUtf8Bytes(header);
        File.WriteAllBytes(model, [.. BitConverter.GetBytes((long)changed.Length), .. changed, .. bytes.AsSpan(8 + length)]);
    }

    [Fact]
    public async Task A_model_of_the_published_code_becomes_one_of_this_program_and_goes_back_unchanged()
    {
        using var folder = new TemporaryFolder();
        var (published, ours, back) = (folder.File("published.pth"), folder.File("ours.safetensors"), folder.File("back.pth"));
        await using (var packed = new GZipStream(File.OpenRead(SharedData.Require("oracle/resnet18-head.pth.gz")), CompressionMode.Decompress))
        await using (var file = File.Create(published))
        {
            await packed.CopyToAsync(file, TestContext.Current.CancellationToken);
        }

        var (unnamed, _, question) = await RunAsync("model", "convert", published, ours);
        Assert.Equal((1, true), (unnamed, question.Contains("name them with --classes", StringComparison.Ordinal)));

        var (imported, _, error) = await RunAsync("model", "convert", published, ours, "--classes", "Parasitized,Uninfected", "--size", "64");
        Assert.True(imported == 0, error);
        var (exported, _, exportError) = await RunAsync("model", "convert", ours, back);
        Assert.True(exported == 0, exportError);

        var image = Directory.EnumerateFiles(Path.Combine(SharedData.Require("data/nih-malaria-mini"), "Parasitized")).First();
        var (predicted, predictions, _) = await RunAsync("predict", "--model", ours, image, "--json");
        Assert.Equal(0, predicted);
        Assert.Contains("probability", predictions, StringComparison.Ordinal);
        var (again, _, _) = await RunAsync("model", "convert", back, folder.File("again.safetensors"), "--classes", "Parasitized,Uninfected", "--size", "64");
        Assert.Equal(0, again);
        var (_, secondPredictions, _) = await RunAsync("predict", "--model", folder.File("again.safetensors"), image, "--json");
        Assert.Equal(predictions, secondPredictions);
    }

    [Fact]
    public async Task A_simulation_compares_ways_to_ask_on_the_same_first_labels_unless_typical_and_keeps_finished_loops()
    {
        var cells = SharedData.Require("data/nih-malaria-mini");
        using var folder = new TemporaryFolder();
        string[] command =
        [
            "simulate", "--data", cells, "--rounds", "2", "--initial", "20", "--query", "10", "--size", "32", "--epochs", "1", "--minimum-steps", "2", "--threads", "1",
            "--pretrain", "1", "--acquisition", "random,power-bald,typical-random,live-bald", "--seeds", "0-1", "--out", folder.Path, "--json",
        ];
        var (code, output, error) = await RunAsync(command);

        Assert.True(code == 0, error);
        using var json = JsonDocument.Parse(output);
        var rounds = json.RootElement.GetProperty("rounds").EnumerateArray().ToList();
        Assert.Equal(16, rounds.Count);
        Assert.Equal([20, 30, 20, 30], rounds.Where(r => r.GetProperty("acquisition").GetString() == "live-bald").Select(r => r.GetProperty("labelled").GetInt32()));
        double First(string acquisition, int seed) => rounds.First(r => r.GetProperty("acquisition").GetString() == acquisition && r.GetProperty("seed").GetInt32() == seed).GetProperty("aurc").GetDouble();
        Assert.Equal(First("random", 0), First("power-bald", 0));
        Assert.NotEqual(First("random", 0), First("random", 1));
        Assert.NotEqual(First("random", 0), First("typical-random", 0));
        Assert.Contains("| power-bald | 0, 1 |", await File.ReadAllTextAsync(folder.File("table.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("learning-curve.svg")) && File.Exists(folder.File("silent-failures.svg")));

        var (_, again, _) = await RunAsync(command);
        Assert.Equal(output, again);
        var (_, unprepared, _) = await RunAsync([.. command.Take(command.IndexOf("--pretrain")), "--seeds", "0", "--acquisition", "random", "--json"]);
        Assert.NotEqual(First("random", 0), JsonDocument.Parse(unprepared).RootElement.GetProperty("rounds")[0].GetProperty("aurc").GetDouble());
        var (_, frozen, _) = await RunAsync(
            "simulate", "--data", cells, "--rounds", "2", "--initial", "20", "--query", "20", "--size", "32", "--threads", "1", "--frozen", "--acquisition", "random,live-bald", "--json");
        Assert.Equal([20, 40, 20, 40], JsonDocument.Parse(frozen).RootElement.GetProperty("rounds").EnumerateArray().Select(r => r.GetProperty("labelled").GetInt32()));
        var (unknown, _, refusal) = await RunAsync("simulate", "--data", cells, "--acquisition", "psychic");
        Assert.Equal((1, true), (unknown, refusal.Contains("There is no acquisition 'psychic'; there are bald,", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_simulation_prints_one_row_a_round_with_the_labels_it_had()
    {
        var cells = SharedData.Require("data/nih-malaria-mini");

        var (code, output, error) = await RunAsync(
            "simulate", "--data", cells, "--rounds", "2", "--initial", "20", "--query", "10", "--size", "32", "--epochs", "1", "--minimum-steps", "2", "--threads", "1", "--json");

        Assert.True(code == 0, error);
        using var json = JsonDocument.Parse(output);
        var rounds = json.RootElement.GetProperty("rounds").EnumerateArray().ToList();
        Assert.Equal([(1, 20), (2, 30)], rounds.Select(r => (r.GetProperty("round").GetInt32(), r.GetProperty("labelled").GetInt32())));
        Assert.All(rounds, r => Assert.InRange(r.GetProperty("accuracy").GetDouble(), 0, 1));
        Assert.All(rounds, r => Assert.InRange(r.GetProperty("sfr").GetProperty("0.80").GetDouble(), 0, 1));
    }

    [Fact]
    public async Task An_experiment_that_was_killed_keeps_its_finished_runs_and_goes_on()
    {
        var cells = SharedData.Require("data/nih-malaria-mini");
        using var folder = new TemporaryFolder();
        string[] Command(int size) =>
        [
            "experiment", "--data", cells, "--methods", "supervised,safemed-ssl,safemed-ssl+limit=q0.5", "--seeds", "0-1", "--labelled", "0.3", "--epochs", "2",
            "--size", $"{size}", "--minimum-steps", "2", "--threads", "1", "--out", folder.Path,
        ];
        var first = folder.File("runs/supervised-seed0/run.json");
        using (var killed = Start(Command(32)))
        {
            while (!File.Exists(first) && !killed.HasExited)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            Assert.False(File.Exists(folder.File("table.md")), "The experiment ended before it was killed: nothing was shown.");
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var kept = await File.ReadAllTextAsync(first, TestContext.Current.CancellationToken);
        var (code, _, error) = await RunAsync(Command(32));

        Assert.True(code == 0, error);
        Assert.Equal(kept, await File.ReadAllTextAsync(first, TestContext.Current.CancellationToken));
        Assert.Equal(7, (await File.ReadAllLinesAsync(folder.File("runs.csv"), TestContext.Current.CancellationToken)).Length);
        var table = await File.ReadAllTextAsync(folder.File("table.md"), TestContext.Current.CancellationToken);
        Assert.Contains("| safemed-ssl | supervised | accuracy |", table, StringComparison.Ordinal);
        Assert.Contains("| safemed-ssl+limit=q0.5 | safemed-ssl | AURC |", table, StringComparison.Ordinal);
        Assert.Contains("| safemed-ssl | all | 256 | 0.00 % |", table, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("risk-coverage.svg")) && File.Exists(folder.File("silent-failures.svg")));
        Assert.Empty(Directory.GetFiles(folder.Path, "*.checkpoint", SearchOption.AllDirectories));

        var (other, _, refusal) = await RunAsync(Command(64));
        Assert.Equal(1, other);
        Assert.Contains("other data or options; name another folder.", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--seeds", "5-0", "--seeds takes numbers as 0-5 or 0,2,4, not '5-0'.")]
    [InlineData("--seeds", "x", "--seeds takes numbers as 0-5 or 0,2,4, not 'x'.")]
    [InlineData("--methods", "magic", "There is no method 'magic'; there are supervised, fixmatch, safemed-ssl, safemed-ssl-as-coded, safemed-ssl-plus.")]
    [InlineData("--methods", ",", "An experiment has at least one method and one seed.")]
    public async Task A_plan_that_cannot_be_is_refused_before_anything_is_read(string option, string value, string sentence)
    {
        var (code, _, error) = await RunAsync("experiment", "--data", "/no/such/folder", "--out", "/no/such/out", option, value);

        Assert.Equal((1, $"safemed: {sentence}"), (code, error.Trim()));
    }

    [Fact]
    public async Task An_audit_counts_which_of_the_labels_it_made_wrong_it_suspects()
    {
        var cells = SharedData.Require("data/nih-malaria-mini");

        var (code, output, error) = await RunAsync(
            "audit", "--data", cells, "--labelled", "1", "--seeds", "0", "--noise", "0.1", "--folds", "2", "--size", "32", "--epochs", "1", "--threads", "1", "--json");

        Assert.True(code == 0, error);
        using var json = JsonDocument.Parse(output);
        var audit = Assert.Single(json.RootElement.GetProperty("audits").EnumerateArray().ToList());
        int Number(string name) => audit.GetProperty(name).GetInt32();
        Assert.Equal((int)Math.Round(0.1 * Number("labels"), MidpointRounding.AwayFromZero), Number("planted"));
        Assert.InRange(Number("found"), 0, Math.Min(Number("planted"), Number("suspected")));
        Assert.InRange(audit.GetProperty("agreement").GetDouble(), 0, 1);
    }

    [Theory]
    [InlineData("--noise", "0", "--noise lies above 0 and not above 0.5.")]
    [InlineData("--folds", "1", "--folds is 2 to 20.")]
    [InlineData("--epochs", "0", "A training has at least one epoch.")]
    public async Task An_audit_that_cannot_be_is_refused_before_anything_is_read(string option, string value, string sentence)
    {
        var (code, _, error) = await RunAsync("audit", "--data", "/no/such/folder", option, value);

        Assert.Equal((1, $"safemed: {sentence}"), (code, error.Trim()));
    }

    internal static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    internal static Process Start(string[] arguments)
    {
        var built = typeof(CommandTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "SafemedOutput").Value!;
        return Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(built, "safemed.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
