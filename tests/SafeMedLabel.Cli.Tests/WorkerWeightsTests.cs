using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Cli.Tests;

/// <summary>Rounds that begin with a file, as the worker's own process trains them.</summary>
public sealed class WorkerWeightsTests(SureModel model) : IClassFixture<SureModel>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_worker_begins_with_a_file_of_the_network_and_never_trains_where_it_holds_another()
    {
        using var folder = new TemporaryFolder();
        await using var workplace = await Workplace.CreateAsync(root: folder.File("storage"));
        var lead = await workplace.AddUserAsync("Lea", Roles.Lead);
        await workplace.AddImagesAsync(20);
        var locked = (await workplace.AddImagesAsync(4, DataSplit.Test))[0];
        await workplace.LabelAsync("ada", 6);
        await workplace.ChangeAsync(p => (p.ImageSize, p.Epochs, p.Beginning) = (32, 1, Beginning.File));
        folder.Add("storage/weights/own.safetensors", await File.ReadAllBytesAsync(model.Path, Cancellation));
        folder.Add("storage/weights/another.safetensors", SafeTensors("""{"base.conv1.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", [0, 0, 0, 0]));
        await using var db = workplace.Open();
        var lockedHash = (await db.Images.SingleAsync(i => i.Id == locked, Cancellation)).ContentHash;
        await WriteAsync("knows-an-image.safetensors", seen => seen["Images"] = FingerprintOf(Convert.FromHexString(lockedHash)));
        await WriteAsync("knows-the-patient.safetensors", seen => seen["Patients"] = FingerprintOf(SHA256.HashData("Test"u8)));
        using var worker = CommandTests.Start(["worker", "--storage", folder.File("storage")]);
        try
        {
            var refused = await RunAsync(workplace, lead, "another.safetensors");
            Assert.Equal(RoundState.Failed, refused.State);
            Assert.StartsWith("The round was to begin with the weights of another.safetensors. The ", refused.Error, StringComparison.Ordinal);
            Assert.Equal((0, null), (refused.Epoch, refused.ModelFile));

            // Weights that were made of test images, or of their patients, would be praised for their memory.
            Assert.Equal(
                "The round was to begin with the weights of knows-an-image.safetensors. They were trained on 1 of the images that this project tests, calibrates or validates with, or on other images of their patients: its figures would flatter the model. Choose other weights.",
                (await RunAsync(workplace, lead, "knows-an-image.safetensors")).Error);
            Assert.Contains("on 4 of the images", (await RunAsync(workplace, lead, "knows-the-patient.safetensors")).Error, StringComparison.Ordinal);

            var round = await RunAsync(workplace, lead, "own.safetensors");
            Assert.Equal((RoundState.Completed, null), (round.State, round.Error));
            var card = await File.ReadAllTextAsync(Path.Combine(workplace.Storage.ProjectFolder(workplace.ProjectId), Path.ChangeExtension(round.ModelFile!, ".json")), Cancellation);
            var hash = ContentStore.Hash(await File.ReadAllBytesAsync(model.Path, Cancellation));
            Assert.Equal($"own.safetensors (SHA-256 {hash[..8]}…)", JsonNode.Parse(card)!["InitialWeights"]!.GetValue<string>());
        }
        finally
        {
            worker.Kill();
            await worker.WaitForExitAsync(Cancellation);
        }

        // The model, as if it had been trained on other images.
        async Task WriteAsync(string name, Action<JsonNode> changeLearned)
        {
            folder.Add($"storage/weights/{name}", await File.ReadAllBytesAsync(model.Path, Cancellation));
            CommandTests.ChangeMetadata(folder.File($"storage/weights/{name}"), "safemed.trained-on", record =>
            {
                record["Learned"] = new JsonObject { ["Images"] = "", ["Patients"] = "" };
                changeLearned(record["Learned"]!);
            });
        }

        async Task<Round> RunAsync(Workplace at, string userId, string file)
        {
            await at.ChangeAsync(p => p.BeginningFile = file);
            var started = await at.Rounds.StartAsync(at.ProjectId, userId, Cancellation);
            Assert.Null(started.Error);
            while (true)
            {
                var round = (await at.Rounds.GetAsync(started.Value, Cancellation))!.Round;
                if (!round.State.IsActive())
                {
                    return round;
                }

                Assert.False(worker.HasExited);
                await Task.Delay(100, Cancellation);
            }
        }
    }

    private static string FingerprintOf(byte[] hash) => Convert.ToBase64String(hash[..6]);

    private static byte[] SafeTensors(string header, byte[] data)
    {
        var bytes = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((ulong)bytes.Length), .. bytes, .. data];
    }
}
