import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl config`.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "config", "A daemon's configuration.", example: "genkictl --miner config get",
    subcommands: [Get.self, Reload.self])

  /// `genkictl config get`.
  struct Get: CallCommand {
    static let configuration = CommandConfiguration.control(
      "get", "Show the configuration in force, secrets left out.",
      example: "genkictl --miner config get chain.kind")
    static let kinds: [DaemonKind] = [.miner, .validator]

    @Argument(help: "One key, for example chain.kind; all without.")
    var key: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "config.get" }
    func parameters() throws -> JSONObject { .given("key", key) }
  }

  /// `genkictl config reload`.
  struct Reload: CallCommand {
    static let configuration = CommandConfiguration.control(
      "reload", "Read the configuration file again.", example: "genkictl --miner config reload")
    static let kinds: [DaemonKind] = [.miner, .validator]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "config.reload" }
  }
}
