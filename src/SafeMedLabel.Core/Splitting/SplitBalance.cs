namespace SafeMedLabel.Core.Splitting;

/// <summary>
/// An assignment of patients to splits under way, and its cost: how far each split's share of each class is from what was asked
/// (chi-square), plus penalties for what must not be, in the order of their weight: an empty split, a class missing in training, a
/// class missing in test.
/// </summary>
internal sealed class SplitBalance
{
    private const double EmptyPenalty = 1e9;
    private const double MissingInTrainingPenalty = 1e6;
    private const double MissingInTestPenalty = 1e4;
    private const double SmallestGain = 1e-7;

    /// <summary>Above this many patients single moves balance finely enough, and trying all pairs would take minutes.</summary>
    private const int MostPatientsToSwap = 1000;

    private readonly IReadOnlyList<SplitPatient> _patients;
    private readonly IReadOnlyList<DataSplit> _splits;
    private readonly double[] _fractions;
    private readonly int[] _totals;
    private readonly int[][] _counts;
    private readonly int[] _patientsIn;
    private readonly int[] _assigned;

    public SplitBalance(IReadOnlyList<SplitPatient> patients, IReadOnlyList<DataSplit> splits, SplitFractions fractions)
    {
        _patients = patients;
        _splits = splits;
        var asked = splits.Sum(fractions.Of);
        _fractions = [.. splits.Select(split => fractions.Of(split) / asked)];
        var classes = patients.Count == 0 ? 0 : patients[0].Counts.Length;
        _totals = [.. Enumerable.Range(0, classes).Select(c => patients.Sum(patient => patient.Counts[c]))];
        _counts = [.. splits.Select(_ => new int[classes])];
        _patientsIn = new int[splits.Count];
        _assigned = new int[patients.Count];
    }

    /// <summary>Assigns the patients one after the other, each to the split where it lowers the cost most.</summary>
    public void Place()
    {
        for (var patient = 0; patient < _patients.Count; patient++)
        {
            var best = 0;
            var bestChange = double.PositiveInfinity;
            for (var split = 0; split < _splits.Count; split++)
            {
                var before = Cost(split);
                Count(patient, split, +1);
                var change = Cost(split) - before;
                Count(patient, split, -1);
                if (change < bestChange)
                {
                    (best, bestChange) = (split, change);
                }
            }

            _assigned[patient] = best;
            Count(patient, best, +1);
        }
    }

    /// <summary>Moves single patients, and swaps pairs of them, until nothing lowers the cost any more.</summary>
    public void Improve()
    {
        bool improved;
        do
        {
            improved = false;
            for (var patient = 0; patient < _patients.Count; patient++)
            {
                for (var split = 0; split < _splits.Count; split++)
                {
                    improved |= TryMove(patient, split);
                }

                for (var other = patient + 1; other < _patients.Count && _patients.Count <= MostPatientsToSwap; other++)
                {
                    improved |= TrySwap(patient, other);
                }
            }
        }
        while (improved);
    }

    public Dictionary<string, DataSplit> Assignment()
    {
        var assignment = new Dictionary<string, DataSplit>(_patients.Count, StringComparer.Ordinal);
        for (var patient = 0; patient < _patients.Count; patient++)
        {
            assignment.Add(_patients[patient].Name, _splits[_assigned[patient]]);
        }

        return assignment;
    }

    private bool TryMove(int patient, int to)
    {
        var from = _assigned[patient];
        if (from == to)
        {
            return false;
        }

        var before = Cost(from) + Cost(to);
        Move(patient, to);
        if (Cost(from) + Cost(to) < before - SmallestGain)
        {
            return true;
        }

        Move(patient, from);
        return false;
    }

    private bool TrySwap(int patient, int other)
    {
        var (here, there) = (_assigned[patient], _assigned[other]);
        if (here == there)
        {
            return false;
        }

        var before = Cost(here) + Cost(there);
        Move(patient, there);
        Move(other, here);
        if (Cost(here) + Cost(there) < before - SmallestGain)
        {
            return true;
        }

        Move(patient, here);
        Move(other, there);
        return false;
    }

    private void Move(int patient, int to)
    {
        Count(patient, _assigned[patient], -1);
        Count(patient, to, +1);
        _assigned[patient] = to;
    }

    private void Count(int patient, int split, int sign)
    {
        _patientsIn[split] += sign;
        for (var c = 0; c < _totals.Length; c++)
        {
            _counts[split][c] += sign * _patients[patient].Counts[c];
        }
    }

    private double Cost(int split)
    {
        var missing = _splits[split] switch
        {
            DataSplit.Training => MissingInTrainingPenalty,
            DataSplit.Test => MissingInTestPenalty,
            _ => 0,
        };
        var cost = _patientsIn[split] == 0 ? EmptyPenalty : 0;
        for (var c = 0; c < _totals.Length; c++)
        {
            var gap = ((double)_counts[split][c] / _totals[c]) - _fractions[split];
            cost += (gap * gap / _fractions[split]) + (_counts[split][c] == 0 ? missing : 0);
        }

        return cost;
    }
}
