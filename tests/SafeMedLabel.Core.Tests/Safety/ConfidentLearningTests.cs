using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Core.Tests.Safety;

public class ConfidentLearningTests
{
    /// <summary>
    /// By hand. Class 0 is given to images 0 to 3, with 0.875, 0.75, 0.125 and 0.53125 of it: threshold 2.28125 / 4 = 0.5703125. Class 1 to images
    /// 4 to 8, with 0.75, 0.875, 0.25, 0.125 and 0.5: threshold 2.5 / 5 = 0.5. Of image 3 the model is confident of neither.
    /// </summary>
    private static readonly PredictionSet Example = Predictions.Binary(
        (0, 0.125), (0, 0.25), (0, 0.875), (0, 0.46875), (1, 0.75), (1, 0.875), (1, 0.25), (1, 0.125), (1, 0.5));

    [Fact]
    public void A_threshold_is_the_mean_probability_of_a_class_where_it_was_given() =>
        Assert.Equal([0.5703125, 0.5], new ConfidentLearning(Example).Thresholds);

    [Fact]
    public void The_confident_joint_counts_given_against_confident_classes()
    {
        var found = new ConfidentLearning(Example);

        Assert.Equal((2, 1, 2, 3), (found.Joint(0, 0), found.Joint(0, 1), found.Joint(1, 0), found.Joint(1, 1)));
    }

    [Fact]
    public void Contradicted_labels_come_in_the_order_of_their_margins_and_equal_ones_in_that_of_the_images()
    {
        var issues = new ConfidentLearning(Example).Issues;

        Assert.Equal(
            [new LabelIssue(2, 0, 1, 0.125, 0.875), new LabelIssue(7, 1, 0, 0.125, 0.875), new LabelIssue(6, 1, 0, 0.25, 0.75)], issues);
        Assert.Equal([0.75, 0.75, 0.5], issues.Select(issue => issue.Margin));
    }

    [Fact]
    public void Of_several_classes_that_reach_their_thresholds_the_most_probable_wins()
    {
        // Thresholds: class 0 (0.9 + 0.2) / 2 = 0.55, class 1 0.4, class 2 0.3. Image 1 reaches those of 1 and 2.
        var found = new ConfidentLearning(new PredictionSet(3, [0, 0, 1, 2], new[]
        {
            0.9, 0.05, 0.05,
            0.2, 0.45, 0.35,
            0.35, 0.4, 0.25,
            0.35, 0.35, 0.3,
        }));

        Assert.Equal(new LabelIssue(1, 0, 1, 0.2, 0.45), Assert.Single(found.Issues));
    }

    [Fact]
    public void A_given_class_that_is_confidently_the_most_probable_is_no_issue_though_another_reaches_its_threshold()
    {
        // Thresholds: class 0 0.55, class 1 (0.4 + 0.5) / 2 = 0.45. Image 0 reaches both and is more probably what it was given.
        var found = new ConfidentLearning(Predictions.Binary((0, 0.45), (1, 0.4), (1, 0.5)));

        Assert.DoesNotContain(found.Issues, issue => issue.Index == 0);
        Assert.Equal(1, found.Joint(0, 0));
    }

    [Fact]
    public void A_class_that_nobody_gave_is_never_suggested()
    {
        var found = new ConfidentLearning(new PredictionSet(3, [0, 1], new[] { 0.2, 0.1, 0.7, 0.1, 0.2, 0.7 }));

        Assert.Null(found.Thresholds[2]);
        Assert.Empty(found.Issues);
    }

    [Fact]
    public void Equal_probabilities_reach_their_own_mean()
    {
        // In double precision the mean of six times 0.53 lies above 0.53.
        var found = new ConfidentLearning(Predictions.Binary([.. Enumerable.Repeat((1, 0.53), 6)]));

        Assert.Equal(6, found.Joint(1, 1));
    }

    [Property]
    public void Every_issue_is_confident_and_more_so_than_the_given_class_where_that_is_confident_too(ulong seed, PositiveInt count, byte classes)
    {
        var predictions = Predictions.Random(seed, count.Get, 2 + (classes % 3));
        var found = new ConfidentLearning(predictions);
        bool Reaches(int i, int k) => found.Thresholds[k] is { } t && (float)predictions.Probabilities(i)[k] >= (float)t;

        Assert.All(found.Issues, issue =>
        {
            Assert.Equal(predictions.Label(issue.Index), issue.Given);
            Assert.NotEqual(issue.Given, issue.Suggested);
            Assert.True(Reaches(issue.Index, issue.Suggested));
            Assert.True(issue.Margin >= 0 || !Reaches(issue.Index, issue.Given));
        });
        Assert.Equal(found.Issues.OrderBy(issue => (-issue.Margin, issue.Index)), found.Issues);
        Assert.Equal(found.Issues.Count, found.Issues.Select(issue => issue.Index).Distinct().Count());
    }

    [Property]
    public void The_joint_counts_each_confident_image_once_and_its_other_fields_are_the_issues(ulong seed, PositiveInt count)
    {
        var predictions = Predictions.Random(seed, count.Get, 3);
        var found = new ConfidentLearning(predictions);
        var cells = from given in Enumerable.Range(0, 3) from confident in Enumerable.Range(0, 3) select (given, confident, n: found.Joint(given, confident));

        Assert.Equal(found.Issues.Count, cells.Where(c => c.given != c.confident).Sum(c => c.n));
        Assert.InRange(cells.Sum(c => c.n), found.Issues.Count, count.Get);
    }

    [Property]
    public void The_order_of_the_images_changes_nothing_but_their_numbers(ulong seed, PositiveInt count)
    {
        var predictions = Predictions.Random(seed, count.Get, 2);
        int[] reversed = [.. Enumerable.Range(0, count.Get).Reverse()];
        var backwards = new PredictionSet(2, [.. reversed.Select(predictions.Label)], reversed.SelectMany(i => predictions.Probabilities(i).ToArray()).ToArray());

        Assert.Equal(
            new ConfidentLearning(predictions).Issues.Select(issue => issue.Index).Order(),
            new ConfidentLearning(backwards).Issues.Select(issue => reversed[issue.Index]).Order());
    }
}
