using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

/// <summary>Imports of three images a patient, whose colours are known.</summary>
public sealed class DriftTests : IAsyncLifetime
{
    private Workplace _workplace = null!;
    private StainedImports _imports = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        _imports = new StainedImports(_workplace);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task An_import_with_another_stain_is_unlike_the_training_data_in_that_colour_alone()
    {
        await _imports.AddAsync(patients: 10);
        var drifted = await _imports.AddAsync(patients: 4, green: 0.3);
        var alike = await _imports.AddAsync(patients: 4);

        var groups = (await ReadAsync()).ToDictionary(g => g.ImportId!.Value);

        Assert.Equal([DriftQuantity.Green], groups[drifted].Findings.Where(f => f.IsAlarm).Select(f => f.Quantity));
        Assert.True(groups[drifted].Findings.Single(f => f.Quantity == DriftQuantity.Green).Shift.Deviations < -5);
        Assert.Equal((12, 4, 10), (groups[drifted].Images, groups[drifted].Patients, groups[drifted].Findings[0].Shift.ReferencePatients));
        Assert.DoesNotContain(groups[alike].Findings, f => f.IsAlarm);
    }

    [Fact]
    public async Task A_site_is_all_that_several_imports_brought_from_it_whatever_the_case_of_its_name()
    {
        await _imports.AddAsync(patients: 10, site: "Dhaka");
        await _imports.AddAsync(patients: 2, green: 0.3, site: "Basel");
        await _imports.AddAsync(patients: 2, green: 0.3, site: "basel");

        var sites = (await ReadAsync()).Where(g => g.ImportId is null).ToList();

        var site = Assert.Single(sites);
        Assert.Equal(("Basel", 4, true), (site.Name, site.Patients, site.Findings.Any(f => f.IsAlarm)));
    }

    [Fact]
    public async Task Sites_that_one_import_brought_together_are_held_against_it_one_by_one()
    {
        await _imports.AddAsync(patients: 10);
        await _imports.AddAsync(patients: 4, site: "Basel");
        await using (var db = _workplace.Open())
        {
            await db.Images.Where(i => i.Patient == "P10" || i.Patient == "P11").ExecuteUpdateAsync(set => set.SetProperty(i => i.Site, "Dhaka"), Cancellation);
        }

        var sites = (await ReadAsync()).Where(g => g.ImportId is null);
        Assert.Equal([("Basel", 2), ("Dhaka", 2)], sites.Select(s => (s.Name, s.Patients)));
    }

    [Fact]
    public async Task What_the_active_model_was_trained_on_is_the_measure_and_its_own_imports_are_held_against_the_rest_of_it()
    {
        var first = await _imports.AddAsync(patients: 10);
        var second = await _imports.AddAsync(patients: 6, green: 0.3);
        await ActivateAsync();
        var third = await _imports.AddAsync(patients: 3, green: 0.3);

        var groups = (await ReadAsync()).ToDictionary(g => g.ImportId!.Value);

        Assert.Equal(16, groups[third].Findings[0].Shift.ReferencePatients);
        Assert.Equal(10, groups[second].Findings[0].Shift.ReferencePatients);
        Assert.Equal(6, groups[first].Findings[0].Shift.ReferencePatients);
        Assert.DoesNotContain(groups[third].Findings, f => f.IsAlarm);
    }

    [Fact]
    public async Task Test_patients_are_no_training_data_and_images_of_an_earlier_version_have_no_colour()
    {
        await _imports.AddAsync(patients: 10, split: DataSplit.Test);
        var second = await _imports.AddAsync(patients: 2);
        await using (var db = _workplace.Open())
        {
            await db.Database.ExecuteSqlAsync($"UPDATE Images SET Colour_Red = NULL, Colour_Green = NULL, Colour_Blue = NULL, Colour_Contrast = NULL WHERE ImportId = {second}", Cancellation);
        }

        Assert.All(await ReadAsync(), g => Assert.Empty(g.Findings));
        Assert.Equal([6, 0], (await ReadAsync()).Select(g => g.Unmeasured));
    }

    [Fact]
    public async Task A_model_that_is_less_sure_of_an_import_than_of_the_training_data_raises_the_alarm_though_the_colours_are_the_same()
    {
        var first = await _imports.AddAsync(patients: 10);
        var second = await _imports.AddAsync(patients: 4);
        await using (var db = _workplace.Open())
        {
            foreach (var (i, image) in (await db.Images.OrderBy(i => i.Patient).ThenBy(i => i.Id).ToListAsync(Cancellation)).Index())
            {
                db.ModelOpinions.Add(new ModelOpinion
                {
                    ImageId = image.Id,
                    ProjectId = _workplace.ProjectId,
                    Probability = (image.ImportId == first ? 0.95 : 0.75) + (0.002 * (i % 11)),
                });
            }

            await db.SaveChangesAsync(Cancellation);
        }

        var drifted = (await ReadAsync()).Single(g => g.ImportId == second);

        var alarm = Assert.Single(drifted.Findings, f => f.IsAlarm);
        Assert.Equal((DriftQuantity.Uncertainty, true), (alarm.Quantity, alarm.Shift.Deviations > 0));
        Assert.InRange(alarm.Shift.Value, 0.22, 0.26);
    }

    private Task<IReadOnlyList<DriftGroup>> ReadAsync() => _workplace.Get<DriftService>().ReadAsync(_workplace.ProjectId, Cancellation);

    private async Task ActivateAsync()
    {
        await using var db = _workplace.Open();
        var round = new Round { ProjectId = _workplace.ProjectId, Number = 1, Method = "safemed-ssl", State = RoundState.Completed, StartedUtc = _workplace.Time.GetUtcNow().UtcDateTime };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        (await db.Projects.SingleAsync(p => p.Id == _workplace.ProjectId, Cancellation)).ActiveRoundId = round.Id;
        await db.SaveChangesAsync(Cancellation);
    }
}
