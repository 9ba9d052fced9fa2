using System.Runtime.ExceptionServices;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Reads several files of a data set at a time.</summary>
internal static class ParallelFiles
{
    /// <summary>What is read of each of some files, or the reason why it is left out.</summary>
    /// <param name="files">The files.</param>
    /// <param name="read">Reads one; called on several threads. An <see cref="ImageRejectedException"/> of it is a reason.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    public static (TResult? Result, string? Refusal)[] Read<TFile, TResult>(TFile[] files, Func<TFile, TResult> read, CancellationToken cancellationToken)
    {
        var results = new (TResult?, string?)[files.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, files.Length, options, i =>
            {
                try
                {
                    results[i] = (read(files[i]), null);
                }
                catch (ImageRejectedException refused)
                {
                    results[i] = (default, refused.Message);
                }
            });
        }
        catch (AggregateException several)
        {
            // Callers expect a full disk as an IOException, as if one thread had met it.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return results;
    }
}
