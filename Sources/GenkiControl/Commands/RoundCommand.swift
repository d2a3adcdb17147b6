import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl round`.
struct RoundCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "round", "The rounds of the subnet.", example: "genkictl round current",
    subcommands: [List.self, Show.self, Current.self, Start.self, Verify.self, Manifest.self])

  /// `genkictl round list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the rounds.", example: "genkictl round list")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = [
      "number", "round", "state", "opens_at", "closes_at", "blocks_left", "candidates", "accepted",
      "base", "base_sha256", "dama_sha256",
    ]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.list" }
  }

  /// `genkictl round show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show one round.", example: "genkictl round show 3")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = [
      "number", "round", "state", "opens_at", "closes_at", "blocks_left", "candidates", "accepted",
      "base", "base_sha256", "dama_sha256",
    ]

    @Argument(help: "The round; the current one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.show" }
    func parameters() throws -> JSONObject { .given("round", round) }
  }

  /// `genkictl round current`.
  struct Current: CallCommand {
    static let configuration = CommandConfiguration.control(
      "current", "Show the round in force.", example: "genkictl round current")
    static let kinds: [DaemonKind] = [.miner, .validator]
    static let columns = [
      "number", "round", "state", "opens_at", "closes_at", "blocks_left", "candidates", "accepted",
      "base", "base_sha256", "dama_sha256",
    ]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.current" }
  }

  /// `genkictl round start`.
  struct Start: CallCommand {
    static let configuration = CommandConfiguration.control(
      "start", "Announce a round (the coordinator only).", example: "genkictl round start")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = [
      "number", "round", "state", "opens_at", "closes_at", "blocks_left", "candidates", "accepted",
      "base", "base_sha256", "dama_sha256",
    ]

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.start" }
    func parameters() throws -> JSONObject { try more.added(to: [:]) }
  }

  /// `genkictl round verify`.
  struct Verify: CallCommand {
    static let configuration = CommandConfiguration.control(
      "verify", "Recompute a round's Dama and compare.", example: "genkictl round verify 3")
    static let kinds: [DaemonKind] = [.validator]

    @Argument(help: "The round; the current one without.")
    var round: Int?

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.verify" }
    func parameters() throws -> JSONObject { try more.added(to: .given("round", round)) }
  }

  /// `genkictl round manifest`.
  struct Manifest: CallCommand {
    static let configuration = CommandConfiguration.control(
      "manifest", "Show how a round's base was made.", example: "genkictl round manifest 3 --json")
    static let kinds: [DaemonKind] = [.validator]

    @Argument(help: "The round; the current one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "round.manifest" }
    func parameters() throws -> JSONObject { .given("round", round) }
  }
}
