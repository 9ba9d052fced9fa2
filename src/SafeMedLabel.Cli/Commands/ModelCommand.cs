using System.CommandLine;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed model</c>: models from and for PyTorch.</summary>
internal static class ModelCommand
{
    public static Command Create()
    {
        var input = new Argument<string>("input") { Description = "A model of this program, or a .pth or .safetensors file with the keys of the published PyTorch code." };
        var output = new Argument<string>("output") { Description = "The new file: .safetensors for this program and PyTorch's safetensors library, .pth for torch.load." };
        var classes = new Option<string?>("--classes") { Description = "Class names in the order of the outputs, separated by commas, where the input does not say them." };
        var size = new Option<int>("--size") { Description = "Side of the images it was trained on, where the input does not say it.", DefaultValueFactory = _ => 128 };
        var convert = new Command("convert", "Convert a model between this program's and PyTorch's files. Keys and weights stay as they are.") { input, output, classes, size };
        CommandRunner.SetAction(convert, (parsed, runner, _) =>
        {
            var (from, to) = (parsed.GetRequiredValue(input), parsed.GetRequiredValue(output));
            var (network, card) = Read(from, parsed.GetValue(classes), parsed.GetValue(size));
            using (network)
            {
                Write(to, network, card);
            }

            runner.Print(new { model = to, card.ClassNames, card.ImageSize }, console => console.MarkupLineInterpolated($"[green]Written[/]: {to}, for {string.Join(", ", card.ClassNames)}."));
            return Task.CompletedTask;
        });
        return new Command("model", "Convert models.") { convert };
    }

    private static (ResNet18 Network, ModelCard Card) Read(string path, string? classes, int size)
    {
        RegularFile.RequireAt(path);
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"There is no model file '{path}'.");
        }

        if (classes is null)
        {
            return Path.GetExtension(path) == ".safetensors"
                ? ModelFile.Load(path)
                : throw new ArgumentException("The file does not say what its outputs mean: name them with --classes, in their order.");
        }

        var names = CommonOptions.List(classes);
        if (names.Length < 2 || !ProjectSettings.ImageSizes.Contains(size))
        {
            throw new ArgumentException($"--classes names two or more classes, and --size is {ProjectSettings.ImageSizesInWords}.");
        }

        return (ModelFile.Import(path, names), new ModelCard
        {
            ClassNames = names,
            ImageSize = size,
            Method = $"imported from {Path.GetFileName(path)}",
            Software = Software.Version,
            CreatedUtc = DateTime.UtcNow,
        });
    }

    private static void Write(string path, ResNet18 network, ModelCard card)
    {
        switch (Path.GetExtension(path))
        {
            case ".safetensors":
                ModelFile.Save(path, network, card);
                break;
            case ".pth":
                PyTorchCheckpoint.Write(path, network.Tensors());
                break;
            default:
                throw new ArgumentException("The new file ends in .safetensors or .pth.");
        }
    }
}
