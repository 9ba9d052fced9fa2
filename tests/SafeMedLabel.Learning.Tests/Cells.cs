using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Learning.Tests;

/// <summary>Round cells on black: those of class 1 have a dark dot. Small enough to train on in seconds, and plain enough to learn.</summary>
internal static class Cells
{
    public const int Size = 32;

    /// <summary>Classes in turn; the same seed draws the same cells.</summary>
    public static PixelStore Draw(int count, int seed = 1)
    {
        var random = new Random(seed);
        var pixels = new byte[count * Size * Size * 3];
        for (var i = 0; i < count; i++)
        {
            var (angle, distance, tone) = (random.NextDouble() * Math.Tau, random.NextDouble() * 7, 150 + random.Next(80));
            var (dotX, dotY) = ((Size / 2) + (distance * Math.Cos(angle)), (Size / 2) + (distance * Math.Sin(angle)));
            for (var y = 0; y < Size; y++)
            {
                for (var x = 0; x < Size; x++)
                {
                    var isDot = ClassOf(i) == 1 && Math.Pow(x - dotX, 2) + Math.Pow(y - dotY, 2) < 16;
                    var isCell = Math.Pow(x - (Size / 2), 2) + Math.Pow(y - (Size / 2), 2) < 14 * 14;
                    var pixel = pixels.AsSpan(((i * Size * Size) + (y * Size) + x) * 3, 3);
                    (pixel[0], pixel[1], pixel[2]) = isDot ? ((byte)70, (byte)20, (byte)110) : isCell ? ((byte)tone, (byte)(tone / 2), (byte)(tone / 2)) : default;
                }
            }
        }

        return new PixelStore(pixels, Size);
    }

    public static int ClassOf(int row) => row % 2;

    /// <summary>The first rows labelled, then unlabelled ones, the rest for validation.</summary>
    public static TrainingData Data(PixelStore pixels, int labelled, int unlabelled)
    {
        int[] known = [.. Enumerable.Range(0, labelled)];
        int[] validation = [.. Enumerable.Range(labelled + unlabelled, pixels.Count - labelled - unlabelled)];
        return new TrainingData(
            pixels, 2, known, [.. known.Select(ClassOf)], [.. Enumerable.Range(labelled, unlabelled)], validation, [.. validation.Select(ClassOf)], "cells");
    }
}
