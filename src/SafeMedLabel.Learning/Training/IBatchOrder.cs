namespace SafeMedLabel.Learning.Training;

/// <summary>In what order items are trained on.</summary>
internal interface IBatchOrder
{
    /// <summary>The next <paramref name="size"/>; none where there is nothing to order.</summary>
    int[] Next(int size);
}
