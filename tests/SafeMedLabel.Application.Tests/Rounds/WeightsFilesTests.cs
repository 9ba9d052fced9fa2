using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Rounds;

/// <summary>The files that rounds may begin with.</summary>
public sealed class WeightsFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private StorageOptions Storage => new() { Root = _folder.Path };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_real_files_of_a_plain_name_are_listed()
    {
        foreach (var name in (string[])["b.safetensors", "A-1_x.PTH", ".hidden.pth", "notes.txt", "with space.pth", "é.pth", "inner/c.pth"])
        {
            _folder.Add($"weights/{name}", [1]);
        }

        Directory.CreateDirectory(_folder.File("weights/folder.pth"));
        File.CreateSymbolicLink(_folder.File("weights/link.pth"), _folder.Add("elsewhere.pth", [1]));
        File.CreateSymbolicLink(_folder.File("weights/nowhere.pth"), _folder.File("nowhere"));
        SpecialFiles.Pipe(_folder.File("weights/pipe.pth"));

        Assert.Equal(["A-1_x.PTH", "b.safetensors"], WeightsFiles.List(Storage));
        Assert.All(WeightsFiles.List(Storage), name => Assert.Null(WeightsFiles.Problem(Storage, name)));
    }

    [Fact]
    public void Without_a_folder_there_are_none()
    {
        Assert.Empty(WeightsFiles.List(Storage));
        Assert.StartsWith("There is no file 'a.pth' in the folder 'weights' of the storage;", WeightsFiles.Problem(Storage, "a.pth"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("../keys/a.pth")]
    [InlineData("inner/a.pth")]
    [InlineData("inner\\a.pth")]
    [InlineData("/a.pth")]
    [InlineData("..pth")]
    [InlineData(".a.pth")]
    [InlineData("a.pth\n")]
    [InlineData("a.pth.txt")]
    [InlineData("C:a.pth")]
    public void A_name_that_is_none_is_refused_in_one_sentence_even_where_a_file_lies_there(string? name)
    {
        _folder.Add("keys/a.pth", [1]);
        _folder.Add("weights/inner/a.pth", [1]);
        _folder.Add("weights/.a.pth", [1]);

        Assert.Equal(
            "A file of weights has a plain name of at most 100 letters, digits, dots, hyphens and underscores, and ends in .safetensors or .pth.",
            WeightsFiles.Problem(Storage, name));
    }

    [Fact]
    public void A_name_may_have_a_hundred_characters_and_no_more()
    {
        Assert.True(WeightsFiles.IsName($"{new string('a', 96)}.pth"));
        Assert.False(WeightsFiles.IsName($"{new string('a', 97)}.pth"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_link_is_refused_wherever_it_leads(bool isBroken)
    {
        Directory.CreateDirectory(Storage.WeightsFolder);
        File.CreateSymbolicLink(_folder.File("weights/link.pth"), isBroken ? _folder.File("nowhere") : _folder.Add("elsewhere.pth", [1]));

        Assert.StartsWith("'link.pth' in the folder 'weights' of the storage is a link or no real file;", WeightsFiles.Problem(Storage, "link.pth"), StringComparison.Ordinal);
    }
}
