import ArgumentParser
import GenkiConsole

/// The `genkictl` program.
public struct ControlCommand: ParsableCommand {
  /// Name, version and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "genkictl",
    abstract: "Talk to genki-minerd and genki-validatord over their sockets.",
    discussion: """
      Without --miner, --validator or --socket it looks for both daemons where they listen by \
      default. Add --json to any command for machine output. These options may stand before or \
      after the command.

      EXAMPLE:
        genkictl status
        genkictl --validator leaderboard --json
      """,
    version: "genkictl \(ProgramVersion.current)",
    subcommands: [
      StatusCommand.self, WatchCommand.self, DatasetCommand.self, JobCommand.self,
      SubmissionCommand.self, RoundCommand.self, ScoreCommand.self, WeightsCommand.self,
      EvaluationCommand.self, LeaderboardCommand.self, ChainCommand.self, WalletCommand.self,
      ConfigCommand.self,
      LogCommand.self, EventsCommand.self, StateCommand.self, MetricsCommand.self,
      CallMethodCommand.self,
      DoctorCommand.self, ReportCommand.self, ShutdownCommand.self, CompletionCommand.self,
    ])

  /// The program without arguments.
  public init() {}
}
