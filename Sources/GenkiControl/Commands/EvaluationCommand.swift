import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl evaluation`.
struct EvaluationCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "evaluation", "What the validator measured.", example: "genkictl evaluation list",
    subcommands: [List.self, Show.self])

  /// `genkictl evaluation list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the rounds that were evaluated, the newest first.",
      example: "genkictl evaluation list")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = ["round", "candidates", "accepted", "seconds"]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "evaluation.list" }
  }

  /// `genkictl evaluation show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show everything that a round's evaluation found.",
      example: "genkictl evaluation show --round 3")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = ["round", "seconds", "outcomes", "base_losses", "similarity"]

    @Option(help: "The round; the newest one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "evaluation.show" }
    func parameters() throws -> JSONObject { .given("round", round) }
  }
}
