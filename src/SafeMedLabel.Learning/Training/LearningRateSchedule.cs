namespace SafeMedLabel.Learning.Training;

/// <summary>Learning rates: a linear warm-up over a twentieth of the training, then a half cosine down to nothing (Loshchilov &amp; Hutter 2017), or a constant.</summary>
internal static class LearningRateSchedule
{
    private const double WarmUpFraction = 0.05;

    /// <summary>The rate of a step.</summary>
    /// <param name="highest">Rate after the warm-up.</param>
    /// <param name="step">0-based, of the whole training.</param>
    /// <param name="total">Steps of the whole training.</param>
    /// <param name="falls">Whether it falls after the warm-up.</param>
    public static double Rate(double highest, int step, int total, bool falls)
    {
        var warmUp = Math.Max(1, (int)(total * WarmUpFraction));
        if (step < warmUp)
        {
            return highest * (step + 1) / warmUp;
        }

        return falls ? highest * 0.5 * (1 + Math.Cos(Math.PI * (step - warmUp) / Math.Max(1, total - warmUp))) : highest;
    }
}
