using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>
/// SGD with momentum and weight decay as PyTorch defines it: v ← μv + (g + λw), w ← w − ηv. Our own because its velocities must go
/// into a checkpoint by name, which the library's optimizer does not offer.
/// </summary>
internal sealed class MomentumSgd : IDisposable
{
    private readonly (string Name, Tensor Parameter, Tensor Velocity, double Rate)[] _slots;
    private readonly double _momentum;
    private readonly double _weightDecay;

    /// <param name="parameters">What is trained, by name.</param>
    /// <param name="momentum">μ.</param>
    /// <param name="weightDecay">λ.</param>
    /// <param name="rateOf">A parameter's learning rate as a fraction of the step's; 1 for all where null.</param>
    public MomentumSgd(
        IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> parameters, double momentum, double weightDecay, Func<string, double>? rateOf = null)
    {
        _slots = [.. parameters.Select(p => (p.Name, (Tensor)p.Parameter, zeros_like(p.Parameter).DetachFromDisposeScope(), rateOf?.Invoke(p.Name) ?? 1))];
        _momentum = momentum;
        _weightDecay = weightDecay;
    }

    /// <summary>Velocities by parameter name.</summary>
    public IReadOnlyDictionary<string, Tensor> Velocities => _slots.ToDictionary(s => s.Name, s => s.Velocity);

    public void Step(double learningRate)
    {
        using var noGradient = no_grad();
        foreach (var (_, parameter, velocity, rate) in _slots)
        {
            if (parameter.grad is not { } gradient)
            {
                continue;
            }

            using (gradient)
            {
                velocity.MultiplyInPlace(_momentum).AddInPlace(gradient).AddInPlace(parameter, _weightDecay);
                parameter.AddInPlace(velocity, -learningRate * rate);
            }
        }
    }

    /// <summary>Forgets the gradients: the next ones are then written once, where zeros would be written first and added to.</summary>
    public void ClearGradients()
    {
        foreach (var (_, parameter, _, _) in _slots)
        {
            parameter.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var (_, _, velocity, _) in _slots)
        {
            velocity.Dispose();
        }
    }
}
