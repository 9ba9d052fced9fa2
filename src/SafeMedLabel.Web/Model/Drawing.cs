using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Components;

namespace SafeMedLabel.Web.Model;

/// <summary>Words and numbers in drawings.</summary>
internal static class Drawing
{
    /// <summary>A small text. Razor takes an element named 'text' for its own, hence markup.</summary>
    /// <param name="x">Left to right.</param>
    /// <param name="y">Of its base line, top to bottom.</param>
    /// <param name="anchor">'start', 'middle' or 'end'.</param>
    /// <param name="text">Any text; it is encoded here.</param>
    /// <param name="style">Its class.</param>
    public static MarkupString Tick(double x, double y, string anchor, string text, string style = "tick") =>
        new($"<text class=\"{style}\" x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\">{WebUtility.HtmlEncode(text)}</text>");

    /// <summary>The path of an interval: a line with a short one across at either end.</summary>
    public static string ErrorBar(double x, double low, double high) =>
        $"M {N(x - 4)} {N(low)} H {N(x + 4)} M {N(x)} {N(low)} V {N(high)} M {N(x - 4)} {N(high)} H {N(x + 4)}";

    /// <summary>A coordinate, to a tenth.</summary>
    public static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
