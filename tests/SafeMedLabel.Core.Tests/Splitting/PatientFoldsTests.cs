using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Splitting;

public class PatientFoldsTests
{
    [Property]
    public void Every_patient_is_in_one_fold_and_no_fold_is_empty(ulong seed, PositiveInt more, byte folds)
    {
        var count = 2 + (folds % 5);
        var items = RandomItems(seed, count + more.Get - 1);
        var assigned = PatientFolds.Assign(items, count, seed);

        Assert.Equal(items.Select(item => item.Patient).ToHashSet(), assigned.Keys.ToHashSet());
        Assert.Equal(Enumerable.Range(0, count), assigned.Values.Distinct().Order());
    }

    [Property]
    public void The_order_of_the_images_does_not_change_the_folds(ulong seed)
    {
        var items = RandomItems(seed, 20);
        var before = PatientFolds.Assign(items, 4, seed).OrderBy(p => p.Key, StringComparer.Ordinal).ToArray();
        new SeededRandom(seed, "another order").Shuffle<SplitItem>(items);

        Assert.Equal(before, PatientFolds.Assign(items, 4, seed).OrderBy(p => p.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Many_patients_are_balanced_to_a_hundredth_in_every_class()
    {
        var items = RandomItems(3, 150);
        var folds = PatientFolds.Assign(items, 4, 0);
        foreach (var ofClass in items.GroupBy(item => item.ClassIndex))
        {
            Assert.All(Enumerable.Range(0, 4), fold => Assert.Equal(0.25, ofClass.Count(item => folds[item.Patient] == fold) / (double)ofClass.Count(), 0.01));
        }
    }

    [Property]
    public void What_is_left_when_a_fold_is_held_out_has_every_class_where_the_patients_allow_it(ulong seed)
    {
        // Every patient has one class only, and the rare one has two patients of very different size.
        var items = Enumerable.Range(0, 14).SelectMany(p => Enumerable.Repeat(new SplitItem($"P{p}", p < 2 ? 1 : 0), p == 0 ? 40 : 5)).ToArray();
        var folds = PatientFolds.Assign(items, 4, seed);

        Assert.All(Enumerable.Range(0, 4), fold =>
            Assert.Equal([0, 1], items.Where(item => folds[item.Patient] != fold).Select(item => item.ClassIndex).Distinct().Order()));
    }

    [Fact]
    public void Fewer_patients_than_folds_and_a_single_fold_are_refused_with_a_sentence()
    {
        Assert.StartsWith("4 folds of whole patients need", Assert.Throws<ArgumentException>(() => PatientFolds.Assign(RandomItems(1, 3), 4, 0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("A cross-validation has at least two folds", Assert.Throws<ArgumentException>(() => PatientFolds.Assign(RandomItems(1, 3), 1, 0)).Message, StringComparison.Ordinal);
    }

    private static SplitItem[] RandomItems(ulong seed, int patients)
    {
        var random = new SeededRandom(seed, "items");
        return [.. Enumerable.Range(0, patients).SelectMany(p =>
            Enumerable.Range(0, 1 + random.NextInt(60)).Select(_ => new SplitItem($"P{p}", random.NextInt(2))))];
    }
}
