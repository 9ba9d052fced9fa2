using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Learning.Tests.Training;

public class TrainingMethodTests
{
    [Fact]
    public void Each_piece_changes_the_option_it_names_and_no_other()
    {
        static TrainingOptions With(string pieces) => TrainingMethod.Parse("safemed-ssl" + pieces, new TrainingOptions()) with { Method = "" };
        var plain = With("");

        Assert.Equal(plain with { TeacherDecay = 0.99 }, With("+teacher=0.99"));
        Assert.Equal(plain with { Filter = plain.Filter with { Limit = FilterLimit.Constant(0.005) } }, With("+limit=0.005"));
        Assert.Equal(plain with { Filter = plain.Filter with { Limit = FilterLimit.Off } }, With("+limit=off"));
        Assert.Equal(plain with { Filter = plain.Filter with { Limit = new FilterLimit(LimitKind.Quantile, 0.8) } }, With("+limit=q0.8"));
        Assert.Equal(plain with { Filter = plain.Filter with { Limit = new FilterLimit(LimitKind.Calibrated, 0.02) } }, With("+limit=e0.02"));
        Assert.Equal(plain with { Filter = plain.Filter with { Measure = UncertaintyMeasure.Bald } }, With("+measure=bald"));
        Assert.Equal(plain with { Filter = plain.Filter with { HardWeight = true, ConfidenceMidpoint = 0.9 } }, With("+weight=hard+midpoint=0.9"));
        Assert.Equal(plain with { AlignDistribution = true, BalancedClasses = true }, With("+align=on+balance=on"));
        Assert.Equal(plain with { UnlabelledWeight = 0.5, RampUp = 0.3 }, With("+lambda=0.5+ramp=0.3"));
        Assert.Equal(plain with { LearningRate = 0.01 }, With("+rate=0.01"));
        Assert.Equal(plain with { BackboneRate = 0.1, FrozenNorm = true }, With("+backbone-rate=0.1+norm=frozen"));
        Assert.Equal(plain with { LabelledView = AugmentationKind.Strong, StudentView = AugmentationKind.Weak }, With("+labelled=strong+student=weak"));
        Assert.Equal(plain with { CosineSchedule = false, Keep = EpochChoice.LowestLoss, Patience = 3 }, With("+schedule=constant+keep=lowestloss+patience=3"));
        Assert.Equal(plain with { ScaleTemperature = true, TestViews = 4, PretrainEpochs = 2 }, With("+temperature=on+views=4+pretrain=2"));
    }

    [Fact]
    public void Every_method_has_valid_options_that_remember_its_name()
    {
        Assert.All(TrainingMethod.Methods, method => Assert.Equal(method.Name, TrainingMethod.Parse(method.Name, new TrainingOptions()).Method));
        Assert.Equal("safemed-ssl+limit=0.005", TrainingMethod.Parse("safemed-ssl+limit=0.005", new TrainingOptions()).Method);
    }

    [Theory]
    [InlineData("magic", "There is no method 'magic'; there are supervised, fixmatch, safemed-ssl, safemed-ssl-as-coded, safemed-ssl-plus.")]
    [InlineData("safemed-ssl+wand=1", "There is no piece 'wand'; there are pretrain,")]
    [InlineData("safemed-ssl+teacher", "The piece teacher takes 0 to below 1, not ''.")]
    [InlineData("safemed-ssl+align=maybe", "The piece align takes on, off, not 'maybe'.")]
    [InlineData("safemed-ssl+measure=5", "The piece measure takes variance, bald, doubt, not '5'.")]
    [InlineData("safemed-ssl+limit=q2", "A filter's limit is off,")]
    [InlineData("safemed-ssl+teacher=1", "The teacher's decay lies between 0 and below 1.")]
    [InlineData("safemed-ssl+rate=fast", "The piece rate takes above 0 to 10, not 'fast'.")]
    [InlineData("safemed-ssl+rate=0", "The learning rate lies above 0 and not above 10.")]
    [InlineData("safemed-ssl+backbone-rate=2", "The backbone's learning rate is a fraction of the head's, 0 to 1.")]
    [InlineData("safemed-ssl-as-coded+limit=off", "The method as it was coded has a constant limit of uncertainty.")]
    public void What_there_is_not_is_refused_with_what_there_is(string method, string sentence) =>
        Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(() => TrainingMethod.Parse(method, new TrainingOptions())).Message, StringComparison.Ordinal);
}
