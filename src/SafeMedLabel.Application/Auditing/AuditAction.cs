namespace SafeMedLabel.Application.Auditing;

/// <summary>What somebody did.</summary>
public enum AuditAction
{
    /// <summary>A reader answered for an image, or changed their answer.</summary>
    Answered,

    /// <summary>A reader took an answer back.</summary>
    AnswerTakenBack,

    /// <summary>A reader was shown what the model says of an image, or told that its class is known.</summary>
    Shown,

    /// <summary>An adjudicator decided of what class an image is.</summary>
    Decided,

    /// <summary>An adjudicator took a decision back.</summary>
    DecisionTakenBack,

    /// <summary>Somebody doubted the class that came with an image.</summary>
    Doubted,

    /// <summary>Somebody took such a doubt back.</summary>
    DoubtWithdrawn,

    /// <summary>A project was made.</summary>
    ProjectCreated,

    /// <summary>A project's settings were changed.</summary>
    SettingsChanged,

    /// <summary>An import was asked for.</summary>
    ImportStarted,

    /// <summary>Somebody let in what a dry run had looked at.</summary>
    ImportCarriedOut,

    /// <summary>Somebody stopped an import.</summary>
    ImportCancelled,

    /// <summary>An import ended.</summary>
    ImportEnded,

    /// <summary>Labels were exported.</summary>
    ExportStarted,

    /// <summary>Somebody took an export's file out.</summary>
    ExportDownloaded,

    /// <summary>An export was deleted.</summary>
    ExportDeleted,

    /// <summary>A round was started.</summary>
    RoundStarted,

    /// <summary>Somebody stopped a round.</summary>
    RoundCancelled,

    /// <summary>A search for wrong labels was started.</summary>
    LabelAuditStarted,

    /// <summary>A model passed the gate and became active.</summary>
    ModelPromoted,

    /// <summary>Somebody signed for a model against the gate.</summary>
    GateOverridden,

    /// <summary>Somebody went back to an earlier model.</summary>
    ModelRolledBack,

    /// <summary>Somebody signed in.</summary>
    SignedIn,

    /// <summary>A password was wrong, or the account may not sign in.</summary>
    SignInRefused,

    /// <summary>An account was made.</summary>
    AccountCreated,

    /// <summary>An account's name, address or access was changed.</summary>
    AccountChanged,

    /// <summary>An account has another password.</summary>
    PasswordChanged,

    /// <summary>A device of a person signs them in without a password.</summary>
    PasskeyAdded,

    /// <summary>Such a device does so no more.</summary>
    PasskeyRemoved,

    /// <summary>A person was signed out everywhere.</summary>
    SessionsEnded,

    /// <summary>An account was given a role.</summary>
    RoleGiven,

    /// <summary>A role was taken from an account.</summary>
    RoleTaken,

    /// <summary>An address is told what happens in a project.</summary>
    WebhookAdded,

    /// <summary>Such an address has another secret, or was switched off or on.</summary>
    WebhookChanged,

    /// <summary>Such an address is told no more.</summary>
    WebhookRemoved,

    /// <summary>A person was invited to make an account.</summary>
    Invited,

    /// <summary>An invitation was taken back, or replaced by a newer one.</summary>
    InvitationTakenBack,

    /// <summary>A person was given a role in a project.</summary>
    ProjectRoleGiven,

    /// <summary>A person's role in a project was taken away.</summary>
    ProjectRoleTaken,

    /// <summary>A key was made with which a program acts for a person.</summary>
    ApiKeyCreated,

    /// <summary>Such a key was taken back.</summary>
    ApiKeyRevoked,
}
