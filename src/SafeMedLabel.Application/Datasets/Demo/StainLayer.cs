using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>
/// What lies in or on one cell, as optical densities per pixel: azure-stained matter, dark precipitate, and places that are paler than
/// the cell around them.
/// </summary>
internal sealed class StainLayer(CellShape shape, SeededRandom random)
{
    private readonly SmoothNoise _uneven = new(random.Split("uneven"), 5);
    private readonly SmoothNoise _grain = new(random.Split("grain"), 1.7f);

    /// <summary>Density of azure-stained matter, row by row.</summary>
    public float[] Azure { get; } = new float[shape.Width * shape.Height];

    /// <summary>Density of precipitate, row by row.</summary>
    public float[] Precipitate { get; } = new float[shape.Width * shape.Height];

    /// <summary>How much paler than the cell, 0 to 1, row by row.</summary>
    public float[] Pale { get; } = new float[shape.Width * shape.Height];

    /// <summary>A parasite: most often a ring, else a dot with a crescent at the margin, or a compact older body.</summary>
    /// <param name="strength">How well it has taken the stain; 1 is ordinary.</param>
    public void AddParasite(float strength)
    {
        switch (random.NextInt(10))
        {
            case < 6:
                AddRing(Place(0.72f), strength);
                break;
            case < 8:
                AddAtMargin(strength);
                break;
            default:
                AddCompact(Place(0.75f), strength);
                break;
        }
    }

    /// <summary>A ring with its chromatin dot, anywhere in the cell.</summary>
    public void AddRing(float strength) => AddRing(Place(0.72f), strength);

    /// <summary>A platelet: pale halo, lilac body, dark granules. A dense one without much of a halo passes for an older parasite.</summary>
    public void AddPlatelet()
    {
        var centre = Place(0.8f);
        var radius = Between(4.5f, 9);
        var stretch = Between(0.7f, 1);
        var turn = Between(0, MathF.PI);
        var density = Between(0.45f, 1.1f);
        var halo = Between(0.04f, 0.3f);
        var granular = Between(0.1f, 0.45f);
        Draw(centre, radius * 2.2f, (index, dx, dy) =>
        {
            var (u, v) = Turned(dx, dy, turn);
            var distance = MathF.Sqrt((u * u) + (v * v / (stretch * stretch)));
            var edge = radius * (1 + (0.14f * _uneven.At(dx + 60, dy + 60)));
            var granules = 0.8f + (granular * _grain.At(dx + 60, dy + 60));
            Azure[index] += density * Step(edge + 1.4f, edge - 1.4f, distance) * MathF.Max(0.2f, granules);
            Pale[index] = MathF.Max(Pale[index], halo * Step(edge + 4, edge + 1, distance));
        });
    }

    /// <summary>
    /// Precipitate of the stain: a loose group of dark, sharp specks of many sizes; or a single clump that passes for chromatin.
    /// </summary>
    public void AddPrecipitate()
    {
        var centre = Place(0.85f);
        if (random.NextInt(2) == 0)
        {
            AddBody(Azure, centre, Between(2.6f, 5f), 0.8f, Between(0.8f, 1.5f));
            return;
        }

        var spread = Between(5, 24);
        for (var left = 3 + random.NextInt(9); left > 0; left--)
        {
            var place = (centre.X + (spread * (float)random.NextGaussian()), centre.Y + (spread * (float)random.NextGaussian()));
            var radius = 0.7f + (2.2f * MathF.Pow((float)random.NextDouble(), 2));
            AddBody(Precipitate, place, radius, 0.5f, Between(0.6f, 1.5f));
        }
    }

    /// <summary>A faint speck, such as any slide has, parasites or not.</summary>
    public void AddSpeck() => AddBody(Azure, Place(0.95f), Between(0.8f, 1.9f), 0.9f, Between(0.15f, 0.55f));

    private void AddRing((float X, float Y) centre, float strength)
    {
        var radius = Between(7.5f, 14f);
        var thickness = Between(2f, 3.6f);
        var oval = Between(0, 0.22f);
        var turn = Between(0, MathF.Tau);
        var dotAngle = Between(0, MathF.Tau);
        var opening = random.NextInt(2) == 0 ? Between(0.4f, 0.9f) : 0;
        var openingAngle = dotAngle + Between(1.2f, 5f);
        var density = strength * Between(0.6f, 1.05f);
        Draw(centre, radius * 1.9f, (index, dx, dy) =>
        {
            var angle = MathF.Atan2(dy, dx);
            var distance = MathF.Sqrt((dx * dx) + (dy * dy));
            var ring = radius * (1 + (oval * MathF.Cos(2 * (angle - turn)))) + (0.9f * _uneven.At(dx + 60, dy + 60));

            // The cytoplasm is thickest opposite the chromatin dot and may be torn open in one place.
            var width = thickness * (0.85f - (0.35f * MathF.Cos(angle - dotAngle)));
            var away = MathF.Abs(MathF.IEEERemainder(angle - openingAngle, MathF.Tau));
            var whole = opening == 0 ? 1 : Step(opening * 0.5f, opening * 1.3f, away);
            var gap = (distance - ring) / width;
            var patchy = MathF.Max(0.35f, 1 + (0.3f * _uneven.At(dx + 90, dy + 30)));
            Azure[index] += density * patchy * whole * MathF.Exp(-gap * gap);
            Pale[index] = MathF.Max(Pale[index], 0.22f * Step(ring, ring * 0.6f, distance));
        });
        AddBody(Azure, Around(centre, dotAngle, radius), Between(3.4f, 5.6f), 1, strength * Between(1.1f, 1.7f));
        if (random.NextInt(4) == 0)
        {
            AddBody(Azure, Around(centre, dotAngle + Between(0.6f, 1.6f), radius), Between(2.4f, 4f), 1, strength * Between(1.0f, 1.5f));
        }
    }

    private void AddAtMargin(float strength)
    {
        var angle = Between(0, MathF.Tau);
        var radius = shape.Radius(angle) * Between(0.84f, 0.95f);
        var place = Around((shape.CentreX, shape.CentreY), angle, radius);
        AddBody(Azure, place, Between(4.2f, 7f), 1.2f, strength * Between(1.0f, 1.6f));
        for (var part = -3; part <= 3; part++)
        {
            var along = Around((shape.CentreX, shape.CentreY), angle + (part * 0.06f), radius - 1);
            AddBody(Azure, along, Between(2.6f, 4f), 1.6f, strength * 0.35f);
        }
    }

    private void AddCompact((float X, float Y) centre, float strength)
    {
        // Older parasites have no regular outline: a few bodies that run into one another, the chromatin in one of them.
        for (var lobes = 2 + random.NextInt(3); lobes > 0; lobes--)
        {
            AddBody(Azure, Around(centre, Between(0, MathF.Tau), Between(2, 8)), Between(4f, 7.5f), 1.8f, strength * Between(0.3f, 0.55f));
        }

        AddBody(Azure, Around(centre, Between(0, MathF.Tau), 3), Between(3.4f, 5.2f), 1, strength * Between(0.8f, 1.2f));
    }

    /// <summary>A body with an uneven outline.</summary>
    private void AddBody(float[] layer, (float X, float Y) centre, float radius, float softness, float density)
    {
        var stretch = Between(0.7f, 1);
        var turn = Between(0, MathF.PI);
        var offset = Between(0, 60);
        Draw(centre, (radius * 1.5f) + 4, (index, dx, dy) =>
        {
            var (u, v) = Turned(dx, dy, turn);
            var distance = MathF.Sqrt((u * u) + (v * v / (stretch * stretch)));
            var edge = radius * (1 + (0.13f * _uneven.At(dx + 60 + offset, dy + 60)));
            layer[index] += density * Step(edge + softness, edge - softness, distance);
        });
    }

    private void Draw((float X, float Y) centre, float reach, Action<int, float, float> pixel)
    {
        var (left, right) = (Math.Max(0, (int)(centre.X - reach)), Math.Min(shape.Width - 1, (int)(centre.X + reach)));
        var (top, bottom) = (Math.Max(0, (int)(centre.Y - reach)), Math.Min(shape.Height - 1, (int)(centre.Y + reach)));
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                pixel((y * shape.Width) + x, x - centre.X, y - centre.Y);
            }
        }
    }

    /// <summary>A place in the cell, evenly over its area, at most <paramref name="rim"/> of the way out.</summary>
    private (float X, float Y) Place(float rim)
    {
        var angle = Between(0, MathF.Tau);
        return Around((shape.CentreX, shape.CentreY), angle, shape.Radius(angle) * rim * MathF.Sqrt((float)random.NextDouble()));
    }

    private float Between(float low, float high) => low + ((high - low) * (float)random.NextDouble());

    private static (float X, float Y) Around((float X, float Y) centre, float angle, float distance) =>
        (centre.X + (distance * MathF.Cos(angle)), centre.Y + (distance * MathF.Sin(angle)));

    private static (float U, float V) Turned(float x, float y, float angle) =>
        ((x * MathF.Cos(angle)) + (y * MathF.Sin(angle)), (y * MathF.Cos(angle)) - (x * MathF.Sin(angle)));

    /// <summary>Smooth step from 0 at <paramref name="from"/> to 1 at <paramref name="to"/>, whichever is greater.</summary>
    private static float Step(float from, float to, float value)
    {
        var t = Math.Clamp((value - from) / (to - from), 0, 1);
        return t * t * (3 - (2 * t));
    }
}
