using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class SourceInventoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_the_copies_of_a_picture_the_first_of_known_class_counts_and_the_first_of_another_class_contradicts_it()
    {
        var copies = Pictures.Png(1);
        foreach (var name in new[] { "1", "2", "3", "4", "5" })
        {
            _folder.Add($"{name}.png", copies);
        }

        _folder.Add("6.png", Pictures.Png(2));
        _folder.Add("manifest.csv", "path,label\n1.png,\n2.png,a\n3.png,a\n4.png,b\n5.png,c\n6.png,b\n"u8.ToArray());
        using var source = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        var files = SourceInventory.Take(source, progress: null, TestContext.Current.CancellationToken).Files;
        Assert.Equal([("2.png", "a", "The same picture lies under another class, as '4.png'"), ("6.png", "b", null)], files.Select(f => (f.File.Path, f.File.ClassName, f.Contradiction)));
    }
}
