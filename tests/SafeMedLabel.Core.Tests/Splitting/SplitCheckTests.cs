using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Splitting;

public sealed class SplitCheckTests
{
    [Theory]
    [InlineData(10, 1, true)]
    [InlineData(9, 2, false)]
    [InlineData(1, 500, false)]
    public void A_class_needs_ten_images_of_ten_patients(int patients, int imagesEach, bool isEnough)
    {
        SplitItem[] items =
        [
            .. from p in Enumerable.Range(0, patients)
               from split in new[] { "test", "calibration" }
               select new SplitItem($"{split} {p}", 1, imagesEach),
            .. from split in new[] { "test", "calibration" }
               from p in Enumerable.Range(0, 10)
               select new SplitItem($"{split} {p} too", 0),
            new SplitItem("test 0", null, 99),
        ];

        var thin = SplitCheck.Find(items, patient => patient.StartsWith("test", StringComparison.Ordinal) ? DataSplit.Test : DataSplit.Calibration, classes: 2);

        Assert.Equal(
            isEnough ? [] : new[] { new ThinClass(DataSplit.Test, 1, patients * imagesEach, patients), new ThinClass(DataSplit.Calibration, 1, patients * imagesEach, patients) },
            thin);
    }

    [Property(MaxTest = 30)]
    public void What_is_proposed_gives_both_sets_enough_of_each_class_and_only_few_patients_get_no_proposal(ulong seed, PositiveInt more)
    {
        var random = new SeededRandom(seed, "split check");
        var patients = 12 + (more.Get % 90);
        SplitItem[] items =
        [
            .. from p in Enumerable.Range(0, patients)
               from k in Enumerable.Range(0, 2)
               where random.NextInt(4) > 0
               select new SplitItem($"P{p}", k, 1 + random.NextInt(30)),
        ];

        var proposed = SplitCheck.Propose(items, classes: 2, seed);

        if (proposed is null)
        {
            // Half of the patients are hardly enough for ten in each of two sets.
            Assert.True(patients < 90, $"{patients} patients are enough.");
            return;
        }

        var splits = PatientSplitter.Split(items, proposed, seed);
        Assert.Empty(SplitCheck.Find(items, patient => splits[patient], classes: 2));
        Assert.Contains(DataSplit.Training, splits.Values);
    }

    [Fact]
    public void Where_a_class_has_no_image_there_is_nothing_to_propose()
    {
        SplitItem[] items = [.. Enumerable.Range(0, 200).Select(p => new SplitItem($"P{p}", p % 2))];

        Assert.Null(SplitCheck.Propose(items, classes: 3, seed: 1));
        Assert.Equal(new SplitFractions(), SplitCheck.Propose(items, classes: 2, seed: 1));
    }
}
