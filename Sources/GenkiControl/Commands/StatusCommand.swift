import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiRPC

/// `genkictl status`.
struct StatusCommand: DaemonCommand {
  static let configuration = CommandConfiguration.control(
    "status", "Tell how the daemons are.",
    details: """
      With one daemon named, --json prints its status; otherwise \
      {"daemons":[{"socket":…,"status":…}]}.
      """, example: "genkictl status")

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  func perform(_ console: Console) throws {
    var rows: [JSONValue] = []
    for (index, client) in try daemon.connectAll().enumerated() {
      let status = try client.call("status")
      if index > 0 { console.line() }
      StatusView(socketPath: client.socketPath, status: status).show(console)
      rows.append(.object(["socket": .string(client.socketPath), "status": status]))
    }
    let isOne = daemon.isNamed && daemon.addresses([]).count == 1
    console.document(isOne ? rows[0]["status"] ?? .null : .object(["daemons": .array(rows)]))
  }
}

/// `genkictl leaderboard`.
struct LeaderboardCommand: CallCommand {
  static let configuration = CommandConfiguration.control(
    "leaderboard", "Show the miners by what they have earned over all rounds.",
    example: "genkictl leaderboard")
  static let kinds: [DaemonKind] = [.validator]
  static let columns = [
    "rank", "hotkey", "uid", "rounds", "accepted", "score_sum", "last_score", "last_weight",
    "incentive", "emission_rao",
  ]

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  var method: String { "leaderboard" }
}

/// `genkictl metrics`.
struct MetricsCommand: CallCommand {
  static let configuration = CommandConfiguration.control(
    "metrics", "Show a daemon's figures as OpenMetrics text.", example: "genkictl --miner metrics")
  static let kinds = DaemonKind.allCases

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  var method: String { "metrics.get" }

  func show(_ result: JSONValue, _ console: Console) {
    guard let text = result["openmetrics"]?.stringValue else {
      return ResultView().show(result, console)
    }
    for line in text.split(separator: "\n") { console.line(ValueText.printable(String(line))) }
  }
}

/// `genkictl shutdown`.
struct ShutdownCommand: CallCommand {
  static let configuration = CommandConfiguration.control(
    "shutdown", "End a daemon in order.", example: "genkictl --miner shutdown")
  static let kinds = DaemonKind.allCases

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  var method: String { "shutdown" }
}

/// `genkictl events`.
struct EventsCommand: StreamCommand {
  static let configuration = CommandConfiguration.control(
    "events", "Show what happens, as it happens.", example: "genkictl --validator events --json")
  static let kinds = DaemonKind.allCases

  @Option(
    name: .customLong("topic"), parsing: .singleValue,
    help: ArgumentHelp("Only topics that begin so; repeats.", valueName: "topic"))
  var topics: [String] = []

  @Option(help: "The last sequence number that is known; new events only without.")
  var since: Int?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  var method: String { "events.subscribe" }
  func parameters() -> JSONObject {
    let chosen: JSONObject =
      topics.isEmpty ? [:] : ["topics": .array(topics.map { .string($0) })]
    return chosen.with("since", since)
  }
}

/// `genkictl completion`.
struct CompletionCommand: ConsoleCommand {
  static let configuration = CommandConfiguration.control(
    "completion", "Print a script that completes command lines.",
    example: "genkictl completion bash > genkictl.bash")

  /// The shells that there are scripts for.
  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish
  }

  @Argument(help: "bash, zsh or fish.") var shell: Shell
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let shells: [Shell: CompletionShell] = [.bash: .bash, .zsh: .zsh, .fish: .fish]
    let script = ControlCommand.completionScript(for: shells[shell] ?? .bash)
    if console.isJSON {
      console.document(.object(["shell": .string(shell.rawValue), "script": .string(script)]))
    } else {
      console.rawLine(script)
    }
  }
}
