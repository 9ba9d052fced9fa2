namespace SafeMedLabel.Learning.Training;

/// <summary>The loss is no longer a finite number; going on would train noise.</summary>
public sealed class TrainingDivergedException() : Exception("Training diverged: the loss is no longer a number. A lower learning rate or more labels usually help.");
