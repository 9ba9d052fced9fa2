using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>
/// The outline of one segmented cell: a disc, a little oval and uneven, now and then with a bite where a neighbour lay. The image is
/// cut out tightly around it.
/// </summary>
internal sealed class CellShape
{
    private const int Directions = 360;

    private readonly float[] _radius = new float[Directions];
    private readonly SmoothNoise _coarse;
    private readonly SmoothNoise _fine;
    private readonly float _biteX;
    private readonly float _biteY;
    private readonly float _biteRadius;

    public CellShape(SeededRandom random, float raggedness)
    {
        var size = 54 + (16 * random.NextDouble());
        var oval = 0.10 * random.NextDouble();
        var waves = Enumerable.Range(2, 5)
            .Select(mode => (Mode: mode, Height: 0.035 * random.NextGaussian() / (mode - 0.5), Phase: Math.Tau * random.NextDouble()))
            .Append((Mode: 2, Height: oval, Phase: Math.Tau * random.NextDouble()))
            .ToArray();
        _coarse = new SmoothNoise(random.Split("coarse"), 11);
        _fine = new SmoothNoise(random.Split("fine"), 3.5f);
        for (var direction = 0; direction < Directions; direction++)
        {
            var angle = Math.Tau * direction / Directions;
            var uneven = waves.Sum(wave => wave.Height * Math.Cos((wave.Mode * angle) + wave.Phase));
            var rough = Rough((float)(size * Math.Cos(angle)), (float)(size * Math.Sin(angle)));
            _radius[direction] = (float)(size * (1 + uneven)) + (raggedness * rough);
        }

        if (random.NextInt(9) == 0)
        {
            var angle = Math.Tau * random.NextDouble();
            _biteRadius = (float)(size * (0.4 + (0.7 * random.NextDouble())));
            var distance = (float)(size * (0.85 + (0.1 * random.NextDouble()))) + _biteRadius;
            _biteX = distance * (float)Math.Cos(angle);
            _biteY = distance * (float)Math.Sin(angle);
        }

        var left = 0f;
        var right = 0f;
        var top = 0f;
        var bottom = 0f;
        for (var direction = 0; direction < Directions; direction++)
        {
            var x = _radius[direction] * MathF.Cos(MathF.Tau * direction / Directions);
            var y = _radius[direction] * MathF.Sin(MathF.Tau * direction / Directions);
            (left, right) = (MathF.Min(left, x), MathF.Max(right, x));
            (top, bottom) = (MathF.Min(top, y), MathF.Max(bottom, y));
        }

        CentreX = 1 - left;
        CentreY = 1 - top;
        Width = (int)MathF.Ceiling(right - left) + 2;
        Height = (int)MathF.Ceiling(bottom - top) + 2;
    }

    public int Width { get; }

    public int Height { get; }

    public float CentreX { get; }

    public float CentreY { get; }

    /// <summary>Radius of the cell, in pixels, in a direction in radians.</summary>
    public float Radius(float angle)
    {
        var position = ((angle / MathF.Tau) + 1) * Directions % Directions;
        var below = (int)position % Directions;
        var share = position - MathF.Floor(position);
        return (_radius[below] * (1 - share)) + (_radius[(below + 1) % Directions] * share);
    }

    /// <summary>How far out a pixel lies: 0 in the middle, 1 on the margin, above 1 outside.</summary>
    public float Rim(int x, int y)
    {
        var (dx, dy) = (x - CentreX, y - CentreY);
        return MathF.Sqrt((dx * dx) + (dy * dy)) / Radius(MathF.Atan2(dy, dx));
    }

    /// <summary>How much of a pixel the cell covers, 0 to 1.</summary>
    public float Coverage(int x, int y)
    {
        var (dx, dy) = (x - CentreX, y - CentreY);
        var inside = Radius(MathF.Atan2(dy, dx)) - MathF.Sqrt((dx * dx) + (dy * dy));
        if (_biteRadius > 0)
        {
            var (bx, by) = (dx - _biteX, dy - _biteY);
            inside = MathF.Min(inside, MathF.Sqrt((bx * bx) + (by * by)) - _biteRadius - Rough(dx, dy));
        }

        return Math.Clamp(inside + 0.5f, 0, 1);
    }

    /// <summary>Unevenness of an edge at a place, about −2 to 2.</summary>
    private float Rough(float x, float y) => (0.8f * _coarse.At(x, y)) + (0.5f * _fine.At(x, y));
}
