import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl state`.
struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "state", "A daemon's database.", example: "genkictl --miner state check",
    subcommands: [Check.self, Backup.self])

  /// `genkictl state check`.
  struct Check: CallCommand {
    static let configuration = CommandConfiguration.control(
      "check", "Look for damage.", example: "genkictl --miner state check")
    static let kinds: [DaemonKind] = [.miner, .validator]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "state.check" }
  }

  /// `genkictl state backup`.
  struct Backup: CallCommand {
    static let configuration = CommandConfiguration.control(
      "backup", "Write a copy while the daemon runs.",
      example: "genkictl --miner state backup backup.sqlite")
    static let kinds: [DaemonKind] = [.miner, .validator]

    @Argument(help: "Where the copy goes.")
    var path: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "state.backup" }
    func parameters() throws -> JSONObject { ["path": .string(LocalPath.absolute(path))] }
  }
}
