namespace SafeMedLabel.Application.Webhooks;

/// <summary>What a webhook tells of.</summary>
[Flags]
public enum WebhookEvents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>label.created</c>: a reader answered, took an answer back, or a lead decided.</summary>
    LabelCreated = 1,

    /// <summary><c>round.completed</c>: a round has a model and its numbers.</summary>
    RoundCompleted = 2,

    /// <summary><c>model.promoted</c>: another model is the active one, or none.</summary>
    ModelPromoted = 4,

    /// <summary><c>alarm.raised</c>: a lead must look at something.</summary>
    AlarmRaised = 8,
}
