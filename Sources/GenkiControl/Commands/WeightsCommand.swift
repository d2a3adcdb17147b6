import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl weights`.
struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "weights", "The weights on the chain.", example: "genkictl weights show",
    subcommands: [Show.self, Set.self])

  /// `genkictl weights show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show the weights that are set.", example: "genkictl weights show")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = ["uid", "hotkey", "weight", "score"]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "weights.show" }
  }

  /// `genkictl weights set`.
  struct Set: CallCommand {
    static let configuration = CommandConfiguration.control(
      "set", "Set the weights of the last scored round now.", example: "genkictl weights set")
    static let kinds: [DaemonKind] = [.validator]

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "weights.set" }
    func parameters() throws -> JSONObject { try more.added(to: [:]) }
  }
}
