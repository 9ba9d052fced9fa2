using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>The tensors of a training: student, teacher, velocities, and the weights of the epoch that is kept so far.</summary>
internal sealed class TrainingState : IDisposable
{
    private readonly double _decay;
    private readonly Dictionary<string, Tensor> _kept;
    private readonly (Tensor Average, Tensor Value)[] _averages = [];

    /// <summary>Begins with <paramref name="student"/>, which stays the caller's.</summary>
    public TrainingState(ResNet18 student, TrainingOptions options)
    {
        _decay = options.TeacherDecay;
        Student = student;
        Teacher = student;
        if (_decay > 0)
        {
            Teacher = new ResNet18(student.Classes) { ComputeType = options.ComputeType };
            Teacher.to(student.Device);
            StateDict.Copy(student.Tensors(), Teacher.Tensors());
            Teacher.eval();
            var values = student.Tensors();
            _averages = [.. Teacher.Tensors().Select(t => (t.Value, values[t.Key]))];
        }

        Optimizer = new MomentumSgd(
            student.named_parameters(), options.Momentum, options.WeightDecay, name => ResNet18.IsOfHead(name) ? 1 : options.BackboneRate);
        _kept = student.Tensors().ToDictionary(t => t.Key, t => t.Value.detach().clone().DetachFromDisposeScope());
    }

    public ResNet18 Student { get; }

    /// <summary>The student's moving average, or the student itself.</summary>
    public ResNet18 Teacher { get; }

    public MomentumSgd Optimizer { get; }

    /// <summary>Begins again with other weights.</summary>
    public void Begin(InitialWeights weights)
    {
        weights.CopyTo(Student);
        if (Teacher != Student)
        {
            StateDict.Copy(Student.Tensors(), Teacher.Tensors());
        }
    }

    /// <summary>One step down the gradient; the teacher follows. <paramref name="step"/> is 0-based, of the whole training.</summary>
    public void Step(double learningRate, int step)
    {
        Optimizer.Step(learningRate);
        using var noGradient = no_grad();
        using var weight = tensor(1 - Math.Min(_decay, (1.0 + step) / (10.0 + step)));
        foreach (var (average, value) in _averages)
        {
            if (average.is_floating_point())
            {
                average.lerp_(value, weight);
            }
            else
            {
                average.copy_(value);
            }
        }
    }

    /// <summary>Keeps the teacher's weights of now.</summary>
    public void Keep() => StateDict.Copy(Teacher.Tensors(), _kept);

    /// <summary>Makes the student what was kept.</summary>
    public void Restore() => Student.Load(_kept);

    /// <summary>Everything that a checkpoint holds.</summary>
    public IReadOnlyList<(string Prefix, IReadOnlyDictionary<string, Tensor> Tensors)> Parts() =>
    [
        ("model.", Student.Tensors()),
        ("kept.", _kept),
        ("velocity.", Optimizer.Velocities),
        .. Teacher == Student ? [] : new[] { ("teacher.", Teacher.Tensors()) },
    ];

    public void Dispose()
    {
        Optimizer.Dispose();
        foreach (var tensor in _kept.Values)
        {
            tensor.Dispose();
        }

        if (Teacher != Student)
        {
            Teacher.Dispose();
        }
    }
}
