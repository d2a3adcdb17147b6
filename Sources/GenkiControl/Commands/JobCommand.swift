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
      "submit", "Start a finetune on the round's base.",
      example: "genkictl job submit --set method=lora --set steps=100")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "method", "step", "steps", "loss", "train_loss", "eval_loss", "error",
    ]

    @Option(help: "The round whose base is finetuned; the current one without.")
    var round: Int?

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.submit" }
    func parameters() throws -> JSONObject { try more.added(to: .given("round", round)) }
  }

  /// `genkictl job list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the jobs.", example: "genkictl job list")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "method", "step", "steps", "loss", "train_loss", "eval_loss", "error",
    ]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.list" }
  }

  /// `genkictl job show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show one job.", example: "genkictl job show 3")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "method", "step", "steps", "loss", "train_loss", "eval_loss", "error",
    ]

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
      "cancel", "Stop a job and give it up.", example: "genkictl job cancel 3")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "method", "step", "steps", "loss", "train_loss", "eval_loss", "error",
    ]

    @Argument(help: "The job's number.")
    var id: Int

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.cancel" }
    func parameters() throws -> JSONObject { ["id": JSONValue(id)] }
  }

  /// `genkictl job resume`.
  struct Resume: CallCommand {
    static let configuration = CommandConfiguration.control(
      "resume", "Go on with a job from its last checkpoint.", example: "genkictl job resume 3")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "state", "method", "step", "steps", "loss", "train_loss", "eval_loss", "error",
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
      "watch", "Show a job's steps until it ends.", example: "genkictl job watch 3")
    static let kinds: [DaemonKind] = [.miner]

    @Argument(help: "The job's number; the running one without.")
    var id: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "job.watch" }
    func parameters() throws -> JSONObject { .given("id", id) }
  }
}
