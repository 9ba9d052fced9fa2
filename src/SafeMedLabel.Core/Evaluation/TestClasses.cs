namespace SafeMedLabel.Core.Evaluation;

/// <summary>
/// Whether images can show that a model tells their classes apart. Where all but one or two are of one class, whoever always names that class is
/// right nearly each time: no figure says anything about a model then.
/// </summary>
public static class TestClasses
{
    private const int FewestImages = 2;

    /// <summary>Whether at least two classes have two images or more.</summary>
    /// <param name="images">How many images each class has.</param>
    public static bool CanBeTold(IEnumerable<int> images) => images.Count(count => count >= FewestImages) >= 2;

    /// <summary>Which classes have too few images for any figure, as sentences; null where figures can be given.</summary>
    /// <param name="images">How many images each class has.</param>
    /// <param name="classNames">The classes' names.</param>
    public static string? Problem(IReadOnlyList<int> images, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(classNames);
        if (CanBeTold(images))
        {
            return null;
        }

        var few = images.Zip(classNames).Where(c => c.First < FewestImages).Select(c => $"{(c.First == 0 ? "no image" : "one image")} of '{c.Second}'");
        return $"Among the test images there is {string.Join(" and ", few)}: no figure would say how well the model tells the classes apart.";
    }
}
