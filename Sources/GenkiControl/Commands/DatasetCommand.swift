import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl dataset`.
struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "dataset", "The data that the miner trains on.", example: "genkictl dataset list",
    subcommands: [Add.self, List.self, Show.self, Remove.self, Share.self])

  /// `genkictl dataset add`.
  struct Add: CallCommand {
    static let configuration = CommandConfiguration.control(
      "add", "Add a text or JSONL file; it stays where it is.",
      example: "genkictl dataset add poems texts/poems.txt")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = ["name", "path", "bytes", "sha256"]

    @Argument(help: "What it is called.")
    var name: String

    @Argument(help: "The file.")
    var path: String

    @Option(help: "How conversations are written; the base's own way without.")
    var chatTemplate: String?

    @Option(
      help: ArgumentHelp(
        "What the base's own template is told besides, such as {\"enable_thinking\": false}.",
        valueName: "json"))
    var chatTemplateArguments: String?

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "dataset.add" }
    func parameters() throws -> JSONObject {
      try more.added(
        to: .given("name", name).with("path", LocalPath.absolute(path)).with(
          "chat_template", chatTemplate
        ).with("chat_template_arguments", chatTemplateArguments))
    }
  }

  /// `genkictl dataset list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the data sets.", example: "genkictl dataset list")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = ["name", "origin", "bytes", "sha256", "path"]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "dataset.list" }
  }

  /// `genkictl dataset show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show one data set.", example: "genkictl dataset show poems")
    static let kinds: [DaemonKind] = [.miner]

    @Argument(help: "The data set.")
    var name: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "dataset.show" }
    func parameters() throws -> JSONObject { ["name": .string(name)] }
  }

  /// `genkictl dataset remove`.
  struct Remove: CallCommand {
    static let configuration = CommandConfiguration.control(
      "remove", "Forget a data set; the file stays.", example: "genkictl dataset remove poems")
    static let kinds: [DaemonKind] = [.miner]

    @Argument(help: "The data set.")
    var name: String

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "dataset.remove" }
    func parameters() throws -> JSONObject { try more.added(to: ["name": .string(name)]) }
  }

  /// `genkictl dataset share`.
  struct Share: CallCommand {
    static let configuration = CommandConfiguration.control(
      "share", "Publish a data set, for everybody to read.", example: "genkictl dataset share poems"
    )
    static let kinds: [DaemonKind] = [.miner]

    @Argument(help: "The data set.")
    var name: String

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "dataset.share" }
    func parameters() throws -> JSONObject { try more.added(to: ["name": .string(name)]) }
  }
}
