using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using NetArchTest.Rules;
using SafeMedLabel.Application;
using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Web.Tests;

/// <summary>The house's arrows, and that no page is open by accident.</summary>
public sealed class ArchitectureTests
{
    private static readonly Assembly Web = typeof(Program).Assembly;

    private static readonly string[] OpenPages = ["/error", "/join", "/login", "/login/code", "/not-found", "/setup"];

    [Fact]
    public void Core_depends_on_nothing_but_the_framework_and_distributions()
    {
        Assert.All(
            typeof(PredictionSet).Assembly.GetReferencedAssemblies(),
            a => Assert.True(a.Name == "MathNet.Numerics" || a.Name!.StartsWith("System.", StringComparison.Ordinal), $"Core references {a.Name}."));
    }

    [Fact]
    public void Application_knows_no_tensor_and_no_page() =>
        Holds(Types.InAssembly(typeof(Result).Assembly).ShouldNot().HaveDependencyOnAny("SafeMedLabel.Learning", "SafeMedLabel.Web", "TorchSharp", "MudBlazor"));

    [Fact]
    public void Web_never_sees_a_tensor() =>
        Assert.DoesNotContain(Web.GetReferencedAssemblies(), a => a.Name is "SafeMedLabel.Learning" or "TorchSharp");

    [Fact]
    public void Every_page_but_those_named_here_demands_a_signed_in_user()
    {
        var open = from page in Web.GetTypes()
                   from route in page.GetCustomAttributes<RouteAttribute>()
                   where page.GetCustomAttribute<AuthorizeAttribute>() is null
                   select route.Template;

        Assert.Equal(OpenPages, open.Order(StringComparer.Ordinal));
    }

    private static void Holds(ConditionList rule)
    {
        var result = rule.GetResult();
        Assert.True(result.IsSuccessful, string.Join(", ", result.FailingTypeNames ?? []));
    }
}
