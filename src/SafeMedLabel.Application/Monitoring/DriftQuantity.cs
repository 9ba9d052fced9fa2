using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>What of images may drift away from those that a model was trained on.</summary>
public enum DriftQuantity
{
    /// <summary>How red they are.</summary>
    Red,

    /// <summary>How green they are.</summary>
    Green,

    /// <summary>How blue they are.</summary>
    Blue,

    /// <summary>How far light and dark lie apart.</summary>
    Contrast,

    /// <summary>How unsure the model that ranks the queue is of them: one less the mean probability of its answer.</summary>
    Uncertainty,
}

/// <summary>Reads quantities.</summary>
public static class DriftQuantities
{
    /// <summary>A quantity of a colour; null for what is none.</summary>
    public static double? Of(this DriftQuantity quantity, ImageColour colour)
    {
        ArgumentNullException.ThrowIfNull(colour);
        return quantity switch
        {
            DriftQuantity.Red => colour.Red,
            DriftQuantity.Green => colour.Green,
            DriftQuantity.Blue => colour.Blue,
            DriftQuantity.Contrast => colour.Contrast,
            _ => null,
        };
    }
}
