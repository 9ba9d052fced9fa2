namespace SafeMedLabel.Application.Monitoring;

/// <summary>What readers made of the model's opinion after they had answered.</summary>
/// <param name="Shown">Labels after which they saw it.</param>
/// <param name="Differing">Those where it was another class.</param>
/// <param name="Switched">Those that they changed.</param>
/// <param name="ToTheModels">Those that they changed to the model's class.</param>
/// <param name="Known">Changed ones whose true class is known, by reference or decision.</param>
/// <param name="WrongToRight">Of these, those that were wrong before and are right now.</param>
/// <param name="RightToWrong">Of these, those that were right before and are wrong now.</param>
public sealed record SwitchReport(int Shown, int Differing, int Switched, int ToTheModels, int Known, int WrongToRight, int RightToWrong);
