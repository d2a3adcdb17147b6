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
      "show", "Show the weights that were set, the newest first.",
      example: "genkictl weights show --limit 1")
    static let kinds: [DaemonKind] = [.validator]

    @Option(help: "Entries at most, the newest first.")
    var limit: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "weights.show" }
    func parameters() throws -> JSONObject { .given("limit", limit) }

    func show(_ result: JSONValue, _ console: Console) {
      let settings = result["items"]?.arrayValue ?? []
      if settings.isEmpty { ResultView().show(result, console) }
      for (index, setting) in settings.enumerated() {
        if index > 0 { console.line() }
        ResultView(columns: ["round", "epoch", "block"]).show(setting, console)
      }
    }
  }

  /// `genkictl weights set`.
  struct Set: CallCommand {
    static let configuration = CommandConfiguration.control(
      "set", "Try at once to set the weights of the newest scores.", example: "genkictl weights set"
    )
    static let kinds: [DaemonKind] = [.validator]

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "weights.set" }
    func parameters() throws -> JSONObject { try more.added(to: [:]) }
  }
}
