using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

public sealed class LabelBalanceTests : IAsyncLifetime
{
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Labels_are_counted_by_class_and_by_training_patient_the_least_labelled_first()
    {
        await _workplace.AddImagesAsync(6, patient: "A");
        for (var i = 0; i < 5; i++)
        {
            await _workplace.AnswerNextAsync("ada", classIndex: i == 0 ? 1 : 0);
        }

        await _workplace.AddImagesAsync(2, patient: "B");
        await _workplace.AddImagesAsync(3, patient: "C");
        await _workplace.AddImagesAsync(4, DataSplit.Test, "T");

        var balance = (await ReadAsync(_workplace.ProjectId))!;

        Assert.Equal([(4, 1), (1, 1)], balance.Classes.Select(c => (c.Labels, c.Patients)));
        Assert.Equal([new PatientLabels("C", 3, 0), new PatientLabels("B", 2, 0), new PatientLabels("A", 6, 5)], balance.Patients);
        Assert.Equal((5, 2), (balance.Labels, balance.PatientsWithout));
        Assert.Equal([balance.Classes[1]], balance.Scarce);
    }

    [Fact]
    public async Task Without_labels_no_class_is_scarce()
    {
        await _workplace.AddImagesAsync(3);

        var balance = (await ReadAsync(_workplace.ProjectId))!;

        Assert.Equal((0, 1), (balance.Labels, balance.PatientsWithout));
        Assert.Empty(balance.Scarce);
        Assert.Null(await ReadAsync(_workplace.ProjectId + 1));
    }

    private Task<LabelBalance?> ReadAsync(int projectId) => _workplace.Get<LabelBalanceService>().ReadAsync(projectId, Cancellation);
}
