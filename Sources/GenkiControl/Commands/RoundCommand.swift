import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl round`.
struct RoundCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "round", "The rounds of the subnet.", example: "genkictl --validator round current",
    subcommands: [List.self, Show.self, Current.self, Start.self, Verify.self, Manifest.self])

  /// `genkictl round list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the rounds, the newest first.", example: "genkictl round list")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = [
      "announced.round", "round", "state", "announced.opens_at", "announced.length_blocks",
      "opens_at", "closes_at", "blocks_left", "is_coordinator", "base", "repository",
    ]

    @Option(help: "Entries at most, the newest first.")
    var limit: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.list" }
    func parameters() throws -> JSONObject { .given("limit", limit) }
  }

  /// `genkictl round show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show one round with its candidates.", example: "genkictl round show 3")
    static let kinds: [DaemonKind] = [.validator]

    @Argument(help: "The round's number.")
    var round: Int

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.show" }
    func parameters() throws -> JSONObject { ["round": JSONValue(round)] }
  }

  /// `genkictl round current`.
  struct Current: CallCommand {
    static let configuration = CommandConfiguration.control(
      "current", "Show the round in force.", example: "genkictl --miner round current")
    static let kinds: [DaemonKind] = [.miner, .validator]
    static let columns = ["round", "state", "opens_at", "closes_at", "blocks_left"]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.current" }
  }

  /// `genkictl round start`.
  struct Start: CallCommand {
    static let configuration = CommandConfiguration.control(
      "start", "Try again what keeps a round from going on (coordinator).",
      example: "genkictl round start")
    static let kinds: [DaemonKind] = [.validator]

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.start" }
    func parameters() throws -> JSONObject { try more.added(to: [:]) }
  }

  /// `genkictl round verify`.
  struct Verify: CallCommand {
    static let configuration = CommandConfiguration.control(
      "verify", "Tell whether a round's base is what the round before makes.",
      example: "genkictl round verify 3")
    static let kinds: [DaemonKind] = [.validator]

    @Argument(help: "The round's number.")
    var round: Int

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.verify" }
    func parameters() throws -> JSONObject { ["round": JSONValue(round)] }
  }

  /// `genkictl round manifest`.
  struct Manifest: CallCommand {
    static let configuration = CommandConfiguration.control(
      "manifest", "Show a round's rules, and how its base was made.",
      example: "genkictl round manifest 3 --json")
    static let kinds: [DaemonKind] = [.validator]

    @Argument(help: "The round's number.")
    var round: Int

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.manifest" }
    func parameters() throws -> JSONObject { ["round": JSONValue(round)] }
  }
}
