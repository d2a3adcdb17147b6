import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl score`.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "score", "The miners' scores.", example: "genkictl score list",
    subcommands: [List.self, Explain.self])

  /// `genkictl score list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the scores of a round in commit order.",
      example: "genkictl score list --round 3")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = [
      "hotkey", "verdict", "delta_loss", "standard_error", "data_similarity", "nearest", "score",
      "weight", "reason",
    ]

    @Option(help: "The round; the newest one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "score.list" }
    func parameters() throws -> JSONObject { .given("round", round) }
  }

  /// `genkictl score explain`.
  struct Explain: CallCommand {
    static let configuration = CommandConfiguration.control(
      "explain", "Explain how a miner's score came about.",
      example: "genkictl score explain 5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = ["round", "position", "sentences", "outcome", "similarities"]

    @Argument(help: "The miner's hotkey.")
    var hotkey: String

    @Option(help: "The round; the newest one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "score.explain" }
    func parameters() throws -> JSONObject { .given("hotkey", hotkey).with("round", round) }
  }
}
