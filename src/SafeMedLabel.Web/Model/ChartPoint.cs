namespace SafeMedLabel.Web.Model;

/// <summary>A value of a chart, with its interval where one is known.</summary>
/// <param name="Label">Beneath it.</param>
/// <param name="Value">The value.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
public sealed record ChartPoint(string Label, double Value, double? Low = null, double? High = null);
