namespace SafeMedLabel.Core.Splitting;

/// <summary>
/// An assignment of patients to parts under way, and its cost: how far each part's share of each class is from what was asked
/// (chi-square), plus penalties for what must not be: an empty part, which weighs most, and a class missing in a part that needs it.
/// </summary>
internal sealed class SplitBalance
{
    private const double EmptyPenalty = 1e9;
    private const double SmallestGain = 1e-7;

    /// <summary>Above this many patients single moves balance finely enough, and trying all pairs would take minutes.</summary>
    private const int MostPatientsToSwap = 1000;

    private readonly IReadOnlyList<SplitPatient> _patients;
    private readonly IReadOnlyList<SplitPart> _parts;
    private readonly double[] _fractions;
    private readonly int[] _totals;
    private readonly int[][] _counts;
    private readonly int[] _patientsIn;
    private readonly int[] _assigned;

    public SplitBalance(IReadOnlyList<SplitPatient> patients, IReadOnlyList<SplitPart> parts)
    {
        _patients = patients;
        _parts = parts;
        var asked = parts.Sum(part => part.Fraction);
        _fractions = [.. parts.Select(part => part.Fraction / asked)];
        var classes = patients.Count == 0 ? 0 : patients[0].Counts.Length;
        _totals = [.. Enumerable.Range(0, classes).Select(c => patients.Sum(patient => patient.Counts[c]))];
        _counts = [.. parts.Select(_ => new int[classes])];
        _patientsIn = new int[parts.Count];
        _assigned = new int[patients.Count];
    }

    /// <summary>Assigns the patients one after the other, each to the part where it lowers the cost most.</summary>
    public void Place()
    {
        for (var patient = 0; patient < _patients.Count; patient++)
        {
            var best = 0;
            var bestChange = double.PositiveInfinity;
            for (var part = 0; part < _parts.Count; part++)
            {
                var before = Cost(part);
                Count(patient, part, +1);
                var change = Cost(part) - before;
                Count(patient, part, -1);
                if (change < bestChange)
                {
                    (best, bestChange) = (part, change);
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
                for (var part = 0; part < _parts.Count; part++)
                {
                    improved |= TryMove(patient, part);
                }

                for (var other = patient + 1; other < _patients.Count && _patients.Count <= MostPatientsToSwap; other++)
                {
                    improved |= TrySwap(patient, other);
                }
            }
        }
        while (improved);
    }

    /// <summary>The part of each patient, as a position in the list of parts.</summary>
    public Dictionary<string, int> Assignment()
    {
        var assignment = new Dictionary<string, int>(_patients.Count, StringComparer.Ordinal);
        for (var patient = 0; patient < _patients.Count; patient++)
        {
            assignment.Add(_patients[patient].Name, _assigned[patient]);
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

    private void Count(int patient, int part, int sign)
    {
        _patientsIn[part] += sign;
        for (var c = 0; c < _totals.Length; c++)
        {
            _counts[part][c] += sign * _patients[patient].Counts[c];
        }
    }

    private double Cost(int part)
    {
        var cost = _patientsIn[part] == 0 ? EmptyPenalty : 0;
        for (var c = 0; c < _totals.Length; c++)
        {
            var gap = ((double)_counts[part][c] / _totals[c]) - _fractions[part];
            cost += (gap * gap / _fractions[part]) + (_counts[part][c] == 0 ? _parts[part].MissingClassPenalty : 0);
        }

        return cost;
    }
}
