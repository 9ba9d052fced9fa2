using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web;

/// <summary>Says, with each event of a page, on whose behalf the program now acts: a page has no request of its own.</summary>
internal sealed class ActorCircuitHandler(AuthenticationStateProvider authentication) : CircuitHandler
{
    /// <inheritdoc />
    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => async context =>
    {
        var state = await authentication.GetAuthenticationStateAsync();
        CurrentActor.Set(state.User.Identity?.IsAuthenticated == true ? state.UserId() : null);
        await next(context);
    };
}
