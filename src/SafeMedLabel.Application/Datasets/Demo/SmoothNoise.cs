using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>Value noise: normal draws on a lattice, smoothly interpolated; about −2 to 2.</summary>
internal sealed class SmoothNoise
{
    private const int Size = 32;

    private readonly float[] _lattice = new float[Size * Size];
    private readonly float _scale;

    /// <param name="random">Where the lattice is drawn from.</param>
    /// <param name="scale">Pixels between the lattice's points.</param>
    public SmoothNoise(SeededRandom random, float scale)
    {
        _scale = scale;
        for (var i = 0; i < _lattice.Length; i++)
        {
            _lattice[i] = (float)random.NextGaussian();
        }
    }

    public float At(float x, float y)
    {
        var (u, v) = (x / _scale, y / _scale);
        var (column, row) = ((int)MathF.Floor(u), (int)MathF.Floor(v));
        var (s, t) = (Smooth(u - column), Smooth(v - row));
        var upper = Lattice(column, row) + ((Lattice(column + 1, row) - Lattice(column, row)) * s);
        var lower = Lattice(column, row + 1) + ((Lattice(column + 1, row + 1) - Lattice(column, row + 1)) * s);
        return upper + ((lower - upper) * t);
    }

    private static float Smooth(float t) => t * t * (3 - (2 * t));

    private float Lattice(int column, int row) => _lattice[((row & (Size - 1)) * Size) + (column & (Size - 1))];
}
