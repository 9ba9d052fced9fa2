using System.Text.Json;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Predictions;

namespace SafeMedLabel.Cli.Predictions;

/// <summary>Answers requests, a line of JSON each, in the order in which they come, until there are no more.</summary>
internal sealed class PredictorLoop : IDisposable
{
    /// <summary>Models kept in memory, some 45 MB each: a server's projects take turns.</summary>
    private const int MaximumModels = 4;

    // The one asked last comes last.
    private readonly List<(SealedModel File, ModelReader Model)> _models = [];

    /// <summary>Reads requests and writes replies.</summary>
    public async Task RunAsync(TextReader requests, TextWriter replies, CancellationToken cancellationToken)
    {
        while (await requests.ReadLineAsync(cancellationToken) is { } line)
        {
            if (JsonSerializer.Deserialize<PredictorRequest>(line) is { } request)
            {
                await replies.WriteLineAsync(JsonSerializer.Serialize(Answer(request, cancellationToken)));
                await replies.FlushAsync(cancellationToken);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _models.ForEach(kept => kept.Model.Dispose());

    private PredictorReply Answer(PredictorRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var picture = ImageDecoder.Decode(request.Image);
            return new PredictorReply(request.Id, Open(request.Model).Read([picture], cancellationToken)[0], null);
        }
        catch (ImageRejectedException rejected)
        {
            return new PredictorReply(request.Id, null, rejected.Message);
        }
        catch (Exception unusable) when (unusable is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new PredictorReply(request.Id, null, unusable.Message.ReplaceLineEndings(" "), IsModelAtFault: true);
        }
    }

    private ModelReader Open(SealedModel file)
    {
        var known = _models.FindIndex(kept => kept.File == file);
        var model = known < 0 ? new ModelReader(file.Path, file.Hash) : _models[known].Model;
        if (known >= 0)
        {
            _models.RemoveAt(known);
        }
        else if (_models.Count == MaximumModels)
        {
            _models[0].Model.Dispose();
            _models.RemoveAt(0);
        }

        _models.Add((file, model));
        return model;
    }
}
