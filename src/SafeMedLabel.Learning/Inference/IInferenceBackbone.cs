using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>A network's backbone made ready for inference: a copy, which later training of the network does not change.</summary>
public interface IInferenceBackbone : IDisposable
{
    /// <summary>Images that a batch had better have. Of 8 to 256, 16 and 32 were the fastest: larger ones leave the processor's cache.</summary>
    const int BatchSize = 32;

    /// <summary>Normalised images [N, 3, S, S] → features [N, 512] in float32.</summary>
    Tensor Features(Tensor images);
}
