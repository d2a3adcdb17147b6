import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl log`.
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "log", "A daemon's log.", example: "genkictl --miner log tail",
    subcommands: [Tail.self, SetLevel.self])

  /// `genkictl log tail`.
  struct Tail: StreamCommand {
    static let configuration = CommandConfiguration.control(
      "tail", "Show the last lines, and those that come.",
      example: "genkictl --miner log tail --lines 50")
    static let kinds: [DaemonKind] = [.miner, .validator]

    @Option(help: "Lines of the past to begin with.")
    var lines: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "log.tail" }
    func parameters() throws -> JSONObject { .given("lines", lines) }
  }

  /// `genkictl log set-level`.
  struct SetLevel: CallCommand {
    static let configuration = CommandConfiguration.control(
      "set-level", "Change what is logged until the daemon ends.",
      example: "genkictl --miner log set-level debug")
    static let kinds: [DaemonKind] = [.miner, .validator]

    @Argument(help: "trace, debug, info, notice, warning, error or critical.")
    var level: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "log.set_level" }
    func parameters() throws -> JSONObject { ["level": .string(level)] }
  }
}
