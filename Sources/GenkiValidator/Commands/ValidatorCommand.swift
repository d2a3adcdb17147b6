import ArgumentParser
import GenkiConsole

/// The `genki-validatord` program: its daemon and its one-shot commands.
public struct ValidatorCommand: ParsableCommand {
  /// Name, version and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "genki-validatord",
    abstract: "Evaluates, compares, scores and merges models of a federated round.",
    version: "genki-validatord \(ProgramVersion.current)",
    subcommands: [
      RunCommand.self,
      CheckCommand.self,
      ChainCommand.self,
      AggregateCommand.self,
      EvaluateCommand.self,
      ReportCommand.self,
      ScoreCommand.self,
      SimilarityCommand.self,
      VerifyRoundCommand.self,
    ], defaultSubcommand: RunCommand.self)

  /// The program without arguments.
  public init() {}
}
