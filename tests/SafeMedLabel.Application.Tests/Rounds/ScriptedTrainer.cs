using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Tests.Rounds;

/// <summary>
/// Stands in for the tensors of the worker, which the browser test runs for real: it 'trains' by writing a file, is sure of class 0
/// always, and of an image's uncertainty by its row. What a test wants to happen meanwhile it puts into <see cref="WhileTraining"/>.
/// </summary>
internal sealed class ScriptedTrainer : IModelTrainer
{
    public Action<ITrainingObserver, CancellationToken> WhileTraining { get; set; } = (_, _) => { };

    public TrainingTask? Task { get; private set; }

    /// <summary>What the calibration images promise.</summary>
    public Certificate? Certificate { get; set; }

    /// <summary>The probabilities of a row, by the model's file name and the row; class 0 with 0.97 where a test says nothing else.</summary>
    public Func<string, int, double[]> Answer { get; set; } = (_, _) => [0.97, 0.03];

    public Certificate? Train(TrainingTask task, ITrainingObserver observer, CancellationToken cancellationToken)
    {
        Task = task;
        File.WriteAllText(task.CheckpointPath, "epoch 1");
        observer.EpochFinished(new RoundEpoch { Epoch = 1, SupervisedLoss = 0.5, Accepted = 30, Rejected = 10, MeanWeight = 0.6, Seconds = 1 });
        WhileTraining(observer, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        File.WriteAllText(task.ModelPath, "model");
        return Certificate;
    }

    public double[] Predict(string modelPath, PixelSource pixels, IReadOnlyList<int> indices, CancellationToken cancellationToken) =>
        [.. indices.SelectMany(row => Answer(Path.GetFileName(modelPath), row))];

    /// <summary>Two halves of the passes that disagree the more, the higher the row; rows that follow each other look alike.</summary>
    public PoolReading ReadPool(string modelPath, PixelSource pixels, IReadOnlyList<int> indices, int passes, long seed, IProgress<double>? progress, CancellationToken cancellationToken) =>
        new(
            [.. indices.SelectMany(row => Enumerable.Range(0, passes).SelectMany(pass =>
            {
                var probability = 0.5f + ((pass % 2 == 0 ? 1 : -1) * 0.004f * (row + 1));
                return new[] { probability, 1 - probability };
            }))],
            [.. indices.SelectMany(row => Enumerable.Repeat((byte)row, Likeness.Length))]);

    /// <summary>2 × 2 maps that name the row and the class.</summary>
    public IReadOnlyList<byte[]> Attribute(string modelPath, PixelSource pixels, IReadOnlyList<int> indices, IReadOnlyList<int> classes, CancellationToken cancellationToken) =>
        [.. indices.Zip(classes, (row, named) => new[] { (byte)row, (byte)named, byte.MinValue, byte.MaxValue })];
}
