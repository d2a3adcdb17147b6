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
      "publish", "Submit a model folder to the round in force.",
      example: "genkictl submission publish runs/mine")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "hotkey", "block", "extrinsic_index", "state", "repository", "revision",
      "gate", "code", "reason",
    ]

    @Argument(help: "A model or adapter folder.")
    var model: String

    @Flag(help: "Upload only; submission commit commits it.")
    var uploadOnly = false

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.publish" }
    func parameters() throws -> JSONObject {
      try more.added(
        to: uploadOnly
          ? ["model": .string(LocalPath.absolute(model)), "commit": false]
          : ["model": .string(LocalPath.absolute(model))])
    }
  }

  /// `genkictl submission commit`.
  struct Commit: CallCommand {
    static let configuration = CommandConfiguration.control(
      "commit", "Commit a submission that was only uploaded, or that failed.",
      example: "genkictl submission commit 2")
    static let kinds: [DaemonKind] = [.miner]
    static let columns = [
      "id", "round", "hotkey", "block", "extrinsic_index", "state", "repository", "revision",
      "gate", "code", "reason",
    ]

    @Argument(help: "The submission's number.")
    var id: Int

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.commit" }
    func parameters() throws -> JSONObject { try more.added(to: ["id": JSONValue(id)]) }
  }

  /// `genkictl submission list`.
  struct List: CallCommand {
    static let configuration = CommandConfiguration.control(
      "list", "List the submissions.", example: "genkictl --validator submission list --round 3")
    static let kinds: [DaemonKind] = [.miner, .validator]
    static let columns = [
      "id", "round", "hotkey", "block", "extrinsic_index", "state", "repository", "revision",
      "gate", "code", "reason",
    ]

    @Option(help: "Of this round (validator).")
    var round: Int?

    @Option(help: "Entries at most, the newest first (miner).")
    var limit: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.list" }
    func parameters() throws -> JSONObject { .given("round", round).with("limit", limit) }
  }

  /// `genkictl submission show`.
  struct Show: CallCommand {
    static let configuration = CommandConfiguration.control(
      "show", "Show one submission.", example: "genkictl --miner submission show 2")
    static let kinds: [DaemonKind] = [.miner, .validator]
    static let columns = [
      "id", "round", "hotkey", "block", "extrinsic_index", "state", "repository", "revision",
      "gate", "code", "reason",
    ]

    @Argument(help: "The submission's number (miner) or its hotkey (validator).")
    var which: String

    @Option(help: "The round; the newest one without.")
    var round: Int?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.show" }
    func parameters() throws -> JSONObject { .submission(which, round) }
  }

  /// `genkictl submission retry`.
  struct Retry: CallCommand {
    static let configuration = CommandConfiguration.control(
      "retry", "Look again for models that could not be fetched.",
      example: "genkictl submission retry")
    static let kinds: [DaemonKind] = [.validator]

    @OptionGroup var more: MoreParameters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "submission.retry" }
    func parameters() throws -> JSONObject { try more.added(to: [:]) }
  }
}

extension JSONObject {
  /// A submission is named by its number or by its hotkey, and with that perhaps its round.
  fileprivate static func submission(_ which: String, _ round: Int?) -> JSONObject {
    if let id = Int(which) { return ["id": JSONValue(id)] }
    return .given("hotkey", which).with("round", round)
  }
}
