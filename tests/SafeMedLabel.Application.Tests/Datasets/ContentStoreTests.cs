using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class ContentStoreTests : IDisposable
{
    // SHA-256 of "abc", from FIPS 180-4.
    private const string HashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bytes_are_kept_once_under_their_hash_two_folders_deep()
    {
        var store = new ContentStore(_folder.Path);
        Assert.Equal(HashOfAbc, store.Put("abc"u8.ToArray()));
        Assert.Equal(HashOfAbc, store.Put("abc"u8.ToArray()));
        var file = Assert.Single(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
        Assert.Equal(Path.Combine(_folder.Path, "ba", "78", HashOfAbc), file);
        Assert.Equal("abc"u8.ToArray(), store.Open(HashOfAbc).ReadWhole());
    }

    [Fact]
    public void A_file_cut_short_is_written_again()
    {
        var store = new ContentStore(_folder.Path);
        store.Put("abc"u8.ToArray());
        File.WriteAllBytes(Path.Combine(_folder.Path, "ba", "78", HashOfAbc), []);
        store.Put("abc"u8.ToArray());
        Assert.Equal("abc"u8, store.Open(HashOfAbc).ReadWhole());
    }

    [Fact]
    public void A_file_that_holds_something_else_of_the_same_length_is_written_again()
    {
        var store = new ContentStore(_folder.Path);
        store.Put("abc"u8.ToArray());
        File.WriteAllBytes(Path.Combine(_folder.Path, "ba", "78", HashOfAbc), [0, 0, 0]);
        store.Put("abc"u8.ToArray());
        Assert.Equal("abc"u8, store.Open(HashOfAbc).ReadWhole());
    }

    [Fact]
    public void Many_threads_may_keep_the_same_bytes()
    {
        var store = new ContentStore(_folder.Path);
        Parallel.For(0, 64, _ => Assert.Equal(HashOfAbc, store.Put("abc"u8.ToArray())));
        Assert.Single(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Settling_leaves_nothing_but_what_was_kept()
    {
        var store = new ContentStore(_folder.Path);
        store.Settle();
        store.Put("abc"u8.ToArray());
        store.Settle();
        Assert.Single(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
        new ContentStore(_folder.File("none yet")).Settle();
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/")]
    public void Only_a_hash_is_a_name(string name) =>
        Assert.Throws<ArgumentException>(() => new ContentStore(_folder.Path).Open(name));
}
