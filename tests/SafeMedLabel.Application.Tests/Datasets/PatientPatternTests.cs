using System.IO.Compression;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class PatientPatternTests
{
    [Theory]
    [InlineData("C100P61ThinF_IMG_20150918_144104_cell_162.png", "C100P61")]
    [InlineData("C47P8thin_IMG_20150808_110000_cell_1.png", "C47P8")]
    [InlineData("C47P8thinOriginal_IMG_20150808_110000_cell_1.png", "C47P8")]
    [InlineData("C38P3thinF_original_IMG_20150621_112043_cell_1.png", "C38P3")]
    [InlineData("C70P31_ThinF_IMG_20150813_1_cell_2.png", "C70P31")]
    [InlineData("C206ThinF_IMG_20151029_1_cell_2.png", "C206")]
    [InlineData("C1_thinF_IMG_20150604_104722_cell_1.png", "C1")]
    [InlineData("C173P134NThinF_IMG_1_cell_2.png", "C173P134N")]
    [InlineData("C51AP12thinF_IMG_1_cell_2.png", "C51AP12")]
    [InlineData("C37BP2_thinF_IMG_1a_cell_2.png", "C37BP2")]
    [InlineData("C167P128ReThinF_IMG_1_cell_2.png", "C167P128")]
    public void The_default_reads_the_patient_before_thin(string name, string patient) =>
        Assert.Equal(patient, PatientPattern.Default.Match(name));

    [Theory]
    [InlineData("photo.png")]
    [InlineData("ünïcode 名前 (1).png")]
    [InlineData("")]
    public void A_name_of_another_kind_gives_no_patient(string name) => Assert.Null(PatientPattern.Default.Match(name));

    [Fact]
    public void All_patients_of_the_real_set_are_told_apart()
    {
        using var zip = ZipFile.OpenRead(SharedData.Require("data/nih-malaria-dev.zip"));
        var patients = zip.Entries.Select(entry => PatientPattern.Default.Match(entry.Name)).ToList();
        Assert.DoesNotContain(null, patients);
        Assert.Equal(160, patients.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("(", "no valid regular expression")]
    [InlineData("^(C[0-9]+)", "group called 'patient'")]
    public void An_unusable_expression_is_explained(string expression, string problem)
    {
        Assert.Contains(problem, PatientPattern.Problem(expression), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new PatientPattern(expression));
    }

    [Fact]
    public void An_expression_that_would_try_for_ever_is_answered_all_the_same() =>
        Assert.Null(new PatientPattern("^(?<patient>(a|aa|aaa)+)$").Match(new string('a', 60) + "!"));

    [Fact]
    public void One_that_looks_ahead_and_never_ends_is_stopped()
    {
        var pattern = new PatientPattern("^(?=a)(?<patient>(a|aa|aaa)+)$");
        Assert.Throws<DatasetException>(() => pattern.Match(new string('a', 60) + "!"));
    }
}
