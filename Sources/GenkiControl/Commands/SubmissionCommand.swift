import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl submission`.
struct SubmissionCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "submission", "Models that were handed in.", example: "genkictl submission list",
    subcommands: [Publish.self, Commit.self, List.self, Show.self, Retry.self])

  /// `genkictl submission publish`.
  struct Publish: CallCommand {
    static let configuration = CommandConfiguration.control(
      "publish", "Upload a model directory to the hub.",
      example: "genkictl submission publish runs/mine")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "hotkey", "state", "verdict", "block", "repository", "revision", "reason",
      "error",
    ]

    @Argument(help: "A model directory; the last finished job's without.")
    var model: String?

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.publish" }
    func parameters() throws -> JSONObject {
      try more.added(to: .given("model", model.map(LocalPath.absolute)))
    }
  }

  /// `genkictl submission commit`.
  struct Commit: CallCommand {
    static let configuration = CommandConfiguration.control(
      "commit", "Commit an uploaded model on the chain.", example: "genkictl submission commit 2")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "hotkey", "state", "verdict", "block", "repository", "revision", "reason",
      "error",
    ]

    @Argument(help: "The submission's number; the last uploaded one without.")
    var id: Int?

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.commit" }
    func parameters() throws -> JSONObject { try more.added(to: .given("id", id)) }
  }

  /// `genkictl submission list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the submissions.", example: "genkictl submission list --round 3")
    static let kinds: [DaemonKind] = [.miner, .validator]
    static let columns = [
      "id", "round", "hotkey", "state", "verdict", "block", "repository", "revision", "reason",
      "error",
    ]

    @Option(help: "Those of one round only.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.list" }
    func parameters() throws -> JSONObject { .given("round", round) }
  }

  /// `genkictl submission show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show one submission.", example: "genkictl submission show 2")
    static let kinds: [DaemonKind] = [.miner, .validator]
    static let columns = [
      "id", "round", "hotkey", "state", "verdict", "block", "repository", "revision", "reason",
      "error",
    ]

    @Argument(help: "The submission's number (miner) or its hotkey (validator).")
    var which: String

    @Option(help: "The round; the current one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.show" }
    func parameters() throws -> JSONObject { .submission(which, round) }
  }

  /// `genkictl submission retry`.
  struct Retry: CallCommand {
    static let configuration = CommandConfiguration.control(
      "retry", "Fetch and judge a submission again.",
      example: "genkictl submission retry 5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX")
    static let kinds: [DaemonKind] = [.validator]
    static let columns = [
      "id", "round", "hotkey", "state", "verdict", "block", "repository", "revision", "reason",
      "error",
    ]

    @Argument(help: "The submission's number (miner) or its hotkey (validator).")
    var which: String

    @Option(help: "The round; the current one without.")
    var round: Int?

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.retry" }
    func parameters() throws -> JSONObject { try more.added(to: .submission(which, round)) }
  }
}

extension JSONObject {
  /// A submission is named by its number or by its hotkey, and with that perhaps its round.
  fileprivate static func submission(_ which: String, _ round: Int?) -> JSONObject {
    if let id = Int(which) { return ["id": JSONValue(id)] }
    return .given("hotkey", which).with("round", round)
  }
}
