using System.CommandLine;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Cli.Commands;

/// <summary>The options that decide how a training goes, which all verbs that train have.</summary>
internal sealed class TrainingArguments
{
    private readonly Option<int> _epochs;
    private readonly Option<int> _size = CommonOptions.Size();
    private readonly Option<string?> _weights = CommonOptions.Weights($"{CommonOptions.ImageNetWeights}, which come with the program; {CommonOptions.RandomWeights}; or a file, a ResNet-18 as PyTorch .pth or .safetensors. The default is {CommonOptions.ImageNetWeights}; with --pretrain it is {CommonOptions.RandomWeights}.");
    private readonly Option<int> _pretrain = new("--pretrain") { Description = "Epochs of self-supervised pre-training (SimCLR) on the training images, without their labels, before the training; 0 for none." };
    private readonly Option<string> _device = new("--device") { Description = "Where to compute: cpu, or cuda where the program was built for a graphics card.", DefaultValueFactory = _ => "cpu" };
    private readonly Option<int> _threads = CommonOptions.Threads();

    private readonly Option<string?> _precision = new("--precision")
    {
        Description = "Number format of the convolutions. bfloat16 is faster and rounds more; it is the default where this machine's processor computes it, elsewhere float32 is.",
    };

    private readonly Option<int> _minimumSteps = new("--minimum-steps")
    {
        Description = "Fewest steps an epoch has, however few labels there are.",
        DefaultValueFactory = _ => new TrainingOptions().MinimumSteps,
    };

    public TrainingArguments(int epochs)
    {
        _epochs = new Option<int>("--epochs") { Description = "Epochs to train.", DefaultValueFactory = _ => epochs };
        _precision.AcceptOnlyFromAmong([.. TrainingOptions.Precisions]);
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _epochs, _size, _precision, _minimumSteps, _weights, _pretrain, _device, _threads })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Side of the images.</summary>
    public int Size(ParseResult parsed) => parsed.GetValue(_size);

    /// <summary>The data set's pixels, where they are computed on.</summary>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public PixelStore Pixels(ParseResult parsed, LoadedDataset data) =>
        new(data.PixelPath, data.Size) { Device = LibTorch.DeviceOf(parsed.GetRequiredValue(_device)) };

    /// <summary>A method's options.</summary>
    /// <exception cref="ArgumentException">There is no such method, a value is out of range, or this machine lacks the precision.</exception>
    public TrainingOptions Options(ParseResult parsed, string method, long seed)
    {
        var isOnProcessor = parsed.GetRequiredValue(_device) == "cpu";
        var options = TrainingMethod.Parse(method, new TrainingOptions
        {
            Epochs = parsed.GetValue(_epochs),
            Precision = parsed.GetValue(_precision) ?? (isOnProcessor ? TrainingOptions.FastestPrecision : new TrainingOptions().Precision),
            MinimumSteps = parsed.GetValue(_minimumSteps),
            PretrainEpochs = parsed.GetValue(_pretrain),
            Seed = seed,
        });
        if (isOnProcessor)
        {
            Arithmetic.Require(options.ComputeType);
        }

        return options;
    }

    /// <summary>Loads the native library with the threads that were asked for, and the weights; null for random ones.</summary>
    /// <exception cref="InvalidDataException">The file of weights cannot be used.</exception>
    public InitialWeights? Prepare(ParseResult parsed)
    {
        CommonOptions.UseThreads(parsed.GetValue(_threads));
        var pretrains = parsed.GetValue(_pretrain) > 0;
        var weights = parsed.GetValue(_weights) ?? (pretrains ? CommonOptions.RandomWeights : CommonOptions.ImageNetWeights);
        if (weights == CommonOptions.RandomWeights)
        {
            return null;
        }

        if (pretrains)
        {
            throw new ArgumentException("--pretrain begins with random weights: leave it or --weights out.");
        }

        if (weights == CommonOptions.ImageNetWeights)
        {
            return InitialWeights.ReadImageNet();
        }

        RegularFile.RequireAt(weights);
        return File.Exists(weights)
            ? InitialWeights.Read(weights)
            : throw new InvalidDataException($"There is no file of weights '{weights}'; beside a file, --weights takes {CommonOptions.ImageNetWeights} or {CommonOptions.RandomWeights}.");
    }
}
