using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Persistence;

public sealed class ReadingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_takes_a_long_look_hinders_nobody_who_writes_and_sees_nothing_of_it()
    {
        await using var workplace = await Workplace.CreateAsync();
        await workplace.AddImagesAsync(2);
        await using (var db = workplace.Open())
        {
            await using var reading = await db.BeginReadingAsync(Cancellation);
            Assert.Equal(0, await db.LabelEvents.CountAsync(Cancellation));

            await workplace.AnswerNextAsync("rita");

            Assert.Equal(0, await db.LabelEvents.CountAsync(Cancellation));
        }

        await using var after = workplace.Open();
        Assert.Equal(1, await after.LabelEvents.CountAsync(Cancellation));
    }
}
