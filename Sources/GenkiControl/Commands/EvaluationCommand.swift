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
      "list", "List the evaluations of a round.", example: "genkictl evaluation list")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = [
      "hotkey", "state", "verdict", "loss", "base_loss", "delta_loss", "data_similarity", "tokens",
      "seconds", "reason",
    ]

    @Option(help: "The round; the current one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "evaluation.list" }
    func parameters() throws -> JSONObject { .given("round", round) }
  }

  /// `genkictl evaluation show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show one model's evaluation.",
      example: "genkictl evaluation show 5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = [
      "hotkey", "state", "verdict", "loss", "base_loss", "delta_loss", "data_similarity", "tokens",
      "seconds", "reason",
    ]

    @Argument(help: "The miner's hotkey.")
    var hotkey: String

    @Option(help: "The round; the current one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "evaluation.show" }
    func parameters() throws -> JSONObject { .given("hotkey", hotkey).with("round", round) }
  }
}
