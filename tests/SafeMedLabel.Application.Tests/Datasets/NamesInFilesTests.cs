using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

/// <summary>Names that come in with files are held to the same rule as those that people enter, and what breaks it is left out with its reason.</summary>
public sealed class NamesInFilesTests : IDisposable
{
    private const string Invisible = "which cannot be seen or changes how text is read.";

    private readonly ImportFixture _fixture = new();
    private readonly TemporaryFolder _folder = new();
    private int _pictures;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _fixture.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_class_folder_of_a_name_that_none_may_have_is_left_out_file_by_file()
    {
        Add("a/C1thin_1.png", "b/C1thin_2.png", "ev\u202Eil/C1thin_3.png", $"{new string('x', 101)}/C1thin_4.png");

        var import = await _fixture.ImportAsync(_folder.Path, Token);

        await using var db = _fixture.CreateDbContext();
        Assert.Equal(["a", "b"], await db.ProjectClasses.OrderBy(c => c.Index).Select(c => c.Name).ToListAsync(Token));
        Assert.Equal(2, import.Added);
        Assert.Equal(
            ["The name of its class folder may not hold U+202E, " + Invisible, "The name of its class folder needs 1 to 100 characters."],
            await db.ImportIssues.OrderBy(i => i.Path).Select(i => i.Reason).ToListAsync(Token));
    }

    [Fact]
    public async Task Of_a_manifest_the_lines_are_left_out_whose_label_patient_or_site_none_may_have()
    {
        Add("1.png", "2.png", "3.png", "4.png", "5.png");
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "manifest.csv"), "path,label,patient,site\n1.png,a,P1,Nairobi\n2.png,b,P1,\n3.png,a\u2066,P1,\n4.png,a,P\u200B1,\n5.png,a,P1,Nairobi\u200F\n", Token);

        var import = await _fixture.ImportAsync(_folder.Path, Token);

        await using var db = _fixture.CreateDbContext();
        Assert.Equal(2, import.Added);
        Assert.Equal(
            [$"Line 4 of the manifest: a label may not hold U+2066, {Invisible}", $"Line 5 of the manifest: a patient may not hold U+200B, {Invisible}", $"Line 6 of the manifest: a site may not hold U+200F, {Invisible}"],
            await db.ImportIssues.OrderBy(i => i.Path).Select(i => i.Reason).ToListAsync(Token));
    }

    [Fact]
    public async Task A_picture_whose_name_tells_a_patient_that_none_may_have_is_left_out()
    {
        Add("a/C1thin_1.png", "b/C1thin_2.png", "a/C2N\u00ADthin_3.png", "b/C3P\u202Ethin_4.png");
        var import = await _fixture.QueueAsync(_folder.Path);
        import.PatientPattern = "^(?<patient>.+)thin";

        await new DatasetImporter(_fixture, _fixture.Store).ImportAsync(import, Token);

        await using var db = _fixture.CreateDbContext();
        Assert.Equal(["C1"], await db.Images.Select(i => i.Patient).Distinct().ToListAsync(Token));
        Assert.Equal(
            [$"The patient that its name tells may not hold U+00AD, {Invisible}", $"The patient that its name tells may not hold U+202E, {Invisible}"],
            await db.ImportIssues.OrderBy(i => i.Path).Select(i => i.Reason).ToListAsync(Token));
    }

    [Fact]
    public async Task One_name_written_in_two_ways_is_one_class_and_one_patient_also_where_an_earlier_version_kept_the_other_way()
    {
        const string Decomposed = "Cafe\u0301";
        Add($"{Decomposed}/C1thin_1.png", "b/C1thin_2.png");
        await _fixture.ImportAsync(_folder.Path, Token);
        await using var db = _fixture.CreateDbContext();
        Assert.Equal(["Café", "b"], await db.ProjectClasses.OrderBy(c => c.Index).Select(c => c.Name).ToListAsync(Token));
        await db.ProjectClasses.Where(c => c.Name == "Café").ExecuteUpdateAsync(set => set.SetProperty(c => c.Name, Decomposed), Token);
        await db.Images.ExecuteUpdateAsync(set => set.SetProperty(i => i.Patient, Decomposed).SetProperty(i => i.Split, DataSplit.Test), Token);

        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "manifest.csv"), $"path,label,patient\n3.png,Café,Café\n4.png,{Decomposed},{Decomposed}\n", Token);
        Add("3.png", "4.png");
        var again = await _fixture.ImportAsync(_folder.Path, Token);

        Assert.Equal((2, 0), (again.Added, again.Rejected));
        Assert.Equal([DataSplit.Test], await db.Images.Select(i => i.Split).Distinct().ToListAsync(Token));
    }

    [Fact]
    public async Task A_source_is_shown_by_its_name_without_what_none_may_hold_and_a_site_is_a_name()
    {
        await using var workplace = await Workplace.CreateAsync();
        Add("a/C1thin_1.png", "b/C1thin_2.png");
        var request = new ImportRequest(workplace.ProjectId, _folder.Path, "cells\u202Egpj.zip", IsUpload: false, ImportService.DefaultPatientPattern, "ada", "Nairobi\u2069");
        var imports = workplace.Get<ImportService>();

        Assert.Equal($"A site's name may not hold U+2069, {Invisible}", (await imports.StartAsync(request, Token)).Error);
        Assert.Null((await imports.StartAsync(request with { Site = " Nairobi " }, Token)).Error);

        var import = Assert.Single(await imports.ListAsync(workplace.ProjectId, Token));
        Assert.Equal(("cells\uFFFDgpj.zip", "Nairobi"), (import.SourceName, import.Site));
    }

    private void Add(params string[] paths)
    {
        foreach (var path in paths.Select(p => Path.Combine(_folder.Path, p)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Pictures.Png(_pictures++));
        }
    }
}
