using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Benchmarks;

/// <summary>What is measured on: drawn cells, the same on every machine, or real ones, and a network that has seen some of them.</summary>
internal sealed class Cells : IDisposable
{
    private readonly LoadedDataset _set;

    /// <summary>Drawn ones.</summary>
    public Cells(int count, int size)
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            DemoDataset.Write(folder, count, seed: 1);
            _set = LoadedDataset.Load(folder, size);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Pixels = new PixelStore(_set.PixelPath, size);
    }

    /// <summary>Those of a folder or archive.</summary>
    public Cells(string path, int size)
    {
        _set = LoadedDataset.Load(path, size);
        Pixels = new PixelStore(_set.PixelPath, size);
    }

    public PixelStore Pixels { get; }

    public int[] All => [.. Enumerable.Range(0, Pixels.Count)];

    /// <summary>Trained for a few steps: a network of random weights calls all images alike, and a ranking of them would mean nothing.</summary>
    public ResNet18 TrainedNetwork(int steps)
    {
        int[] labels = [.. _set.Images.Select(i => i.ClassIndex)];
        var options = TrainingMethod.Parse("supervised", new TrainingOptions { Epochs = 1, MinimumSteps = steps, Seed = 1 });
        return new Trainer(options, new TrainingData(Pixels, _set.ClassNames.Count, All, labels, [], [], [], "benchmark")).Train();
    }

    public void Dispose()
    {
        Pixels.Dispose();
        _set.Dispose();
    }
}
