using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Core.Tests.Splitting;

public class PatientSplitterTests
{
    private static readonly SplitFractions Default = new();

    [Property]
    public void The_order_of_the_images_does_not_change_the_split(ulong seed, PositiveInt patients)
    {
        var items = RandomItems(seed, patients.Get);
        var hash = SplitHash.Compute(PatientSplitter.Split(items, Default, seed));
        new SeededRandom(seed, "another order").Shuffle<SplitItem>(items);

        Assert.Equal(hash, SplitHash.Compute(PatientSplitter.Split(items, Default, seed)));
    }

    [Property]
    public void Every_patient_is_in_one_split_and_every_split_has_a_patient(ulong seed, PositiveInt patients)
    {
        var items = RandomItems(seed, patients.Get);
        var splits = PatientSplitter.Split(items, Default, seed);

        Assert.Equal(patients.Get, splits.Count);
        Assert.Equal(items.Select(item => item.Patient).ToHashSet(), splits.Keys.ToHashSet());
        Assert.Equal(Math.Min(4, patients.Get), splits.Values.Distinct().Count());
    }

    [Property]
    public void Training_and_test_have_every_class_where_the_patients_allow_it(ulong seed, PositiveInt more)
    {
        // Every patient has one class only, and each class has three patients or more.
        var patients = 6 + more.Get;
        var items = Enumerable.Range(0, patients)
            .SelectMany(p => Enumerable.Repeat(new SplitItem($"P{p}", p < 3 ? 1 : 0), 1 + (p * 7 % 5)))
            .ToArray();
        var splits = PatientSplitter.Split(items, Default, seed);

        foreach (var split in new[] { DataSplit.Training, DataSplit.Test })
        {
            var classes = items.Where(item => splits[item.Patient] == split).Select(item => item.ClassIndex).Distinct().Order();
            Assert.Equal([0, 1], classes);
        }
    }

    [Fact]
    public void A_class_that_one_patient_alone_has_is_trained_on_rather_than_tested()
    {
        var items = Enumerable.Range(0, 12).SelectMany(p => Enumerable.Repeat(new SplitItem($"P{p}", p == 5 ? 1 : 0), 10)).ToArray();

        for (ulong seed = 0; seed < 20; seed++)
        {
            Assert.Equal(DataSplit.Training, PatientSplitter.Split(items, Default, seed)["P5"]);
        }
    }

    [Theory]
    [InlineData(1, "Training")]
    [InlineData(2, "Training Test")]
    [InlineData(3, "Training Validation Test")]
    public void With_fewer_patients_than_splits_training_comes_first_then_test_then_validation(int patients, string expected)
    {
        var items = Enumerable.Range(0, patients).SelectMany(p => new[] { new SplitItem($"P{p}", 0), new SplitItem($"P{p}", 1) }).ToArray();
        var splits = PatientSplitter.Split(items, Default, 1).Values.Order();

        Assert.Equal(expected, string.Join(' ', splits));
    }

    [Fact]
    public void A_share_of_zero_gets_nobody()
    {
        var splits = PatientSplitter.Split(RandomItems(1, 30), new SplitFractions(Calibration: 0, Validation: 0, Test: 0.5), 1);

        Assert.Equal([DataSplit.Training, DataSplit.Test], splits.Values.Distinct().Order());
    }

    [Fact]
    public void Another_seed_gives_another_split()
    {
        var items = RandomItems(1, 30);
        var hashes = Enumerable.Range(0, 10).Select(seed => SplitHash.Compute(PatientSplitter.Split(items, Default, (ulong)seed)));

        Assert.Equal(10, hashes.Distinct().Count());
    }

    [Fact]
    public void Nothing_splits_into_nothing()
    {
        Assert.Empty(PatientSplitter.Split([], Default, 1));
    }

    [Fact]
    public void Each_split_of_the_real_cells_has_both_classes_and_nearly_its_share()
    {
        var items = RealCells();
        for (ulong seed = 0; seed < 20; seed++)
        {
            var splits = PatientSplitter.Split(items, Default, seed);
            foreach (var split in PatientSplitter.InOrderOfNeed)
            {
                var own = items.Where(item => splits[item.Patient] == split).ToArray();

                Assert.Equal(2, own.Select(item => item.ClassIndex).Distinct().Count());
                Assert.Equal(Default.Of(split), own.Length / (double)items.Length, 0.05);
                Assert.InRange(own.Count(item => item.ClassIndex == 1) / (double)own.Length, 0.3, 0.7);
            }
        }
    }

    [Fact]
    public void Many_patients_are_balanced_to_a_hundredth_in_every_class()
    {
        var items = RandomItems(3, 150);
        var splits = PatientSplitter.Split(items, Default, 0);
        foreach (var split in PatientSplitter.InOrderOfNeed)
        {
            for (var c = 0; c < 2; c++)
            {
                var share = items.Count(item => item.ClassIndex == c && splits[item.Patient] == split)
                    / (double)items.Count(item => item.ClassIndex == c);
                Assert.Equal(Default.Of(split), share, 0.01);
            }
        }
    }

    [Theory]
    [InlineData(0.5, 0.3, 0.2)]
    [InlineData(-0.1, 0.1, 0.1)]
    [InlineData(double.NaN, 0.1, 0.1)]
    public void Shares_that_leave_nothing_for_training_are_refused(double calibration, double validation, double test)
    {
        Assert.Throws<ArgumentException>(() => new SplitFractions(calibration, validation, test));
    }

    private static SplitItem[] RandomItems(ulong seed, int patients)
    {
        var random = new SeededRandom(seed, "items");
        return [.. Enumerable.Range(0, patients).SelectMany(p =>
        {
            var share = random.NextInt(3) == 0 ? 0 : random.NextDouble();
            return Enumerable.Range(0, 1 + random.NextInt(60)).Select(_ => new SplitItem($"P{p}", random.NextDouble() < share ? 1 : 0));
        })];
    }

    private static SplitItem[] RealCells()
    {
        var folder = SharedData.Require("data/nih-malaria-mini");
        return [.. new[] { "Parasitized", "Uninfected" }.SelectMany((name, c) => Directory
            .EnumerateFiles(Path.Combine(folder, name), "*.png")
            .Select(file => new SplitItem(Path.GetFileName(file).Split("hin")[0], c)))];
    }
}
