import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl wallet`.
struct WalletCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "wallet", "The daemons' keys.", example: "genkictl wallet show",
    subcommands: [Show.self])

  /// `genkictl wallet show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show the keys and the hotkey's place in the subnet.",
      details: "Where both daemons answer, --json prints {\"items\":[…]}.",
      example: "genkictl wallet show")
    static let kinds = DaemonKind.allCases
    static let columns = ["name", "hotkey", "address", "coldkey", "uid"]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "wallet.show" }

    func perform(_ console: Console) throws {
      let answers = try daemon.connectAll(Self.kinds).map { try $0.call(method) }
      let result: JSONValue = answers.count == 1 ? answers[0] : ["items": .array(answers)]
      show(result, console)
      console.document(result)
    }
  }
}
