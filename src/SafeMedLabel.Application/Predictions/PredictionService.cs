using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Predictions;

/// <summary>
/// Asks a project's active model about an image, and says whether its answer may stand. Fails closed: without a certificate that may be relied
/// on, every image is referred to an expert. Images are not kept.
/// </summary>
public sealed class PredictionService(IModelReader models, StorageOptions storage)
{
    /// <summary>What an active model says of an image file.</summary>
    /// <returns>The prediction; refused where the file is no usable image, postponed where the model cannot be asked now.</returns>
    public async Task<Result<Prediction>> PredictAsync(ModelStanding standing, ReadOnlyMemory<byte> image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(standing);
        if (standing.Active.ModelHash is not { Length: > 0 } hash)
        {
            return Result.Postponed("The active model was never sealed, so that nobody can tell whether it was changed; please train again.");
        }

        var path = Path.Combine(storage.ProjectFolder(standing.Active.ProjectId), standing.Active.ModelFile!);
        var asked = await models.ReadAsync(new SealedModel(path, hash), image, cancellationToken);
        if (!asked.Succeeded)
        {
            return (Result)asked;
        }

        var reading = asked.Value;
        var set = new PredictionSet(reading.Classes.Count, [0], reading.Probabilities.ToArray());
        var decision = AcceptanceRule.Of(standing.Promise).Accepts(set, 0) ? PredictionDecision.Accept : PredictionDecision.Refer;
        return new Prediction(reading, reading.Classes[set.Predicted(0)], set.Confidence(0), decision);
    }
}
