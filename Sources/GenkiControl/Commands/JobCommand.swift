import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl job`.
struct JobCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "job", "The miner's finetunes.", example: "genkictl job list",
    subcommands: [Submit.self, List.self, Show.self, Cancel.self, Resume.self, Watch.self])

  /// `genkictl job submit`.
  struct Submit: CallCommand {
    static let configuration = CommandConfiguration.control(
      "submit", "Finetune a base on data sets.",
      example: "genkictl job submit poems --option method=lora --option steps=100")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "step", "steps", "loss", "datasets", "options", "reason",
    ]

    @Argument(help: "Names of data sets.")
    var datasets: [String]

    @Option(help: "A model folder; the base of the round in force without.")
    var base: String?

    @Option(
      name: .customLong("option"), parsing: .singleValue,
      help: ArgumentHelp("A setting of [finetune].", valueName: "name=value"))
    var options: [String] = []

    @Option(help: "Decides every random choice.")
    var seed: Int?

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.submit" }
    func parameters() throws -> JSONObject { try more.added(to: submission()) }

    private func submission() throws -> JSONObject {
      var settings = JSONObject()
      for option in options {
        let (name, text) = try MoreParameters.split(option, of: "--option")
        settings[name] = .string(text)
      }
      var parameters: JSONObject = ["datasets": .array(datasets.map { .string($0) })]
      if !options.isEmpty { parameters["options"] = .object(settings) }
      return parameters.with("base", base.map(LocalPath.absolute)).with("seed", seed)
    }
  }

  /// `genkictl job list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the jobs, the newest first.", example: "genkictl job list")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "step", "steps", "loss", "datasets", "options", "reason",
    ]

    @Option(help: "Entries at most, the newest first.")
    var limit: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.list" }
    func parameters() throws -> JSONObject { .given("limit", limit) }
  }

  /// `genkictl job show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show one job.", example: "genkictl job show 3")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = ["job", "steps", "losses"]

    @Argument(help: "The job's number.")
    var id: Int

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.show" }
    func parameters() throws -> JSONObject { ["id": JSONValue(id)] }
  }

  /// `genkictl job cancel`.
  struct Cancel: CallCommand {
    static let configuration = CommandConfiguration.control(
      "cancel", "Stop a job; its checkpoint stays.", example: "genkictl job cancel 3")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "step", "steps", "loss", "datasets", "options", "reason",
    ]

    @Argument(help: "The job's number.")
    var id: Int

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.cancel" }
    func parameters() throws -> JSONObject { try more.added(to: ["id": JSONValue(id)]) }
  }

  /// `genkictl job resume`.
  struct Resume: CallCommand {
    static let configuration = CommandConfiguration.control(
      "resume", "Go on with a failed or cancelled job.", example: "genkictl job resume 3")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "step", "steps", "loss", "datasets", "options", "reason",
    ]

    @Argument(help: "The job's number.")
    var id: Int

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.resume" }
    func parameters() throws -> JSONObject { try more.added(to: ["id": JSONValue(id)]) }
  }

  /// `genkictl job watch`.
  struct Watch: StreamCommand {
    static let configuration = CommandConfiguration.control(
      "watch", "Show a job's events as they happen, and the upload of its model.",
      example: "genkictl job watch 3")
    static let kinds: [DaemonKind] = [.miner]

    @Argument(help: "The job's number; all jobs without.")
    var id: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.watch" }
    func parameters() throws -> JSONObject { .given("id", id) }

    /// A terminal shows a transfer's progress as a bar, everything else gets lines.
    func display(_ console: Console) -> (JSONValue) -> Void {
      let bar = TransferBar(console)
      return { event in
        if bar.isVisible, event["event"]?.stringValue == "transfer.progress" {
          return TransferView(event).draw(bar)
        }
        bar.clear()
        console.fragment(EventLine.text(event) + "\n")
      }
    }
  }
}
