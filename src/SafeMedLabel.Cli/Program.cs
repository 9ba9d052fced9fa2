using System.CommandLine;
using SafeMedLabel.Cli.Commands;

var root = new RootCommand("SafeMedLabel on the command line: train, measure and use models that know when they do not know.")
{
    TrainCommand.Create(),
    EvaluateCommand.Create(),
    PredictCommand.Create(),
    SimulateCommand.Create(),
    ExperimentCommand.Create(),
    AuditCommand.Create(),
    ImportCommand.Create(),
    ExportCommand.Create(),
    BackupCommand.Create(),
    RestoreCommand.Create(),
    CleanCommand.Create(),
    LeaksCommand.Create(),
    MethodsCommand.Create(),
    ModelCommand.Create(),
    DemoDataCommand.Create(),
    WorkerCommand.Create(),
    PredictorCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
