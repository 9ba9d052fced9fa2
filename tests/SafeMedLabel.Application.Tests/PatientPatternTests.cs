using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Tests;

public sealed class PatientPatternTests
{
    [Theory]
    [InlineData("C100P61ThinF_IMG_20150918_144104_cell_162.png", "C100P61")]
    [InlineData("C186P147NThinF_IMG_20151203_150408_cell_1.png", "C186P147N")]
    [InlineData("C74P35_ThinF_IMG_20150815_114328_cell_1.png", "C74P35")]
    [InlineData("C206ThinF_IMG_20151029_140600_cell_1.png", "C206")]
    [InlineData("C47P8thinOriginalOlympusCX21_cell_1.png", "C47P8")]
    [InlineData("C47P8thin_IMG_cell_1.png", "C47P8")]
    public void The_default_pattern_reads_the_patient_from_the_NIH_names(string name, string patient) =>
        Assert.Equal(patient, PatientPattern.Default.Match(name));

    [Theory]
    [InlineData("(")]
    [InlineData("^C\\d+")]
    public void A_pattern_that_cannot_name_a_patient_is_refused_with_a_sentence(string expression) =>
        Assert.NotNull(PatientPattern.Problem(expression));
}
