import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl wallet`.
struct WalletCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "wallet", "The miner's keys.", example: "genkictl wallet show",
    subcommands: [Show.self])

  /// `genkictl wallet show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show the hotkey and its place in the subnet.", example: "genkictl wallet show")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = ["name", "hotkey", "address", "uid"]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "wallet.show" }
  }
}
