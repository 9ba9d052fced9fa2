using SafeMedLabel.Application.Live;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Application.Tests.Live;

/// <summary>
/// Stands in for the tensors of the worker's live rankings, which the browser test runs for real: its features are the first pixels of an image, and it
/// is the more unsure of an image the later its row is in the file of features.
/// </summary>
internal sealed class ScriptedLearner : ILiveLearner
{
    /// <summary>What was read: the model's file name, null of the first backbone, and how many images.</summary>
    public List<(string? Model, int Count)> Reads { get; } = [];

    public LiveTask? Task { get; private set; }

    public int Rankings { get; private set; }

    /// <summary>What happens when images are read.</summary>
    public Action WhileReading { get; set; } = () => { };

    /// <summary>What happens between a ranking's passes and its order.</summary>
    public Action WhileRanking { get; set; } = () => { };

    public string FirstBackbone => new('a', 64);

    public byte[] ReadFeatures(string? modelPath, PixelSource pixels, int count, CancellationToken cancellationToken)
    {
        WhileReading();
        Reads.Add((Path.GetFileName(modelPath), count));
        return [.. File.ReadAllBytes(pixels.Path).Chunk(pixels.Size * pixels.Size * 3).SelectMany(image => image.Take(ImageFeatures.Bytes))];
    }

    public void GiveMemoryBack()
    {
        // It has taken none.
    }

    public double[] Rank(LiveTask task, PassesReader read, CancellationToken cancellationToken)
    {
        (Task, Rankings) = (task, Rankings + 1);
        foreach (var (position, row) in task.Pool.Index())
        {
            var apart = 0.004f * (row + 1);
            float[] passes = [.. Enumerable.Range(0, task.Passes).SelectMany(pass => (float[])[0.5f + (pass % 2 == 0 ? apart : -apart), 0.5f - (pass % 2 == 0 ? apart : -apart)])];
            read(position, new StochasticPasses(passes, task.Passes, 2));
        }

        WhileRanking();
        return [.. task.Validation.SelectMany(_ => (double[])[0.9, 0.1])];
    }
}
