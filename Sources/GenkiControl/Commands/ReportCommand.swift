import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiRPC
import GenkiReport

/// `genkictl report`: a round as one HTML file.
struct ReportCommand: DaemonCommand {
  static let configuration = CommandConfiguration.control(
    "report", "Draw a round as one self-contained HTML file.",
    details: """
      A validator knows the leaderboard, similarities and losses; sockets of miners that are named \
      too add the curves of their training.
      """,
    example: "genkictl report --html report.html")

  @Option(help: ArgumentHelp("Where the page goes; replaced if it exists.", valueName: "file"))
  var html: String

  @Option(help: "The round; the last finished one without.")
  var round: Int?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  func perform(_ console: Console) throws {
    var report: RoundReport?
    var miners: [RPCClient] = []
    let kinds: [DaemonKind] = daemon.miner ? [.miner, .validator] : DaemonKind.allCases
    for client in try daemon.connectAll(kinds) {
      do {
        let document = try client.call("report.get", .given("round", round))
        report = try report ?? RoundReport(json: document)
      } catch let error as RPCCallError where error.code == Self.methodNotFound {
        miners.append(client)
      }
    }
    guard var report else {
      throw UsageError(
        "report", "no validator is among the daemons", advice: "name its socket with --socket")
    }
    for miner in miners {
      if let curve = try MinerCurve.newest(of: miner, in: report) {
        report.trainings.append(curve)
      }
    }
    let page = ReportPage(report).html()
    try AtomicFile.write(page, to: html)
    console.line("wrote \(html)")
    console.document(
      .object([
        "html": .string(html), "bytes": JSONValue(page.utf8.count),
        "round": JSONValue(report.round), "trainings": JSONValue(report.trainings.count),
      ]))
  }

  private static let methodNotFound = -32601
}

/// The training curve of a miner, from its own socket.
enum MinerCurve {
  private static let hotkeyLength = 8

  /// The curve of the miner's newest job of the report's round; nil if it has none, or if the report
  /// has it already.
  static func newest(of client: RPCClient, in report: RoundReport) throws
    -> RoundReport.TrainingCurve?
  {
    let hotkey = try client.call("status")["hotkey"]?.stringValue
    let jobs = try client.call("job.list")["items"]?.arrayValue ?? []
    let ours = jobs.filter { $0["round"]?.intValue == report.round }
    guard let id = ours.compactMap({ $0["id"]?.intValue }).max() else { return nil }
    let row = report.candidates.first { $0.hotkey != nil && $0.hotkey == hotkey }
    let name = row?.name ?? hotkey.map { String($0.prefix(hotkeyLength)) } ?? client.socketPath
    guard !report.trainings.contains(where: { $0.name == name }) else { return nil }
    return curve(try client.call("job.show", ["id": JSONValue(id)]), name: name)
  }

  /// `{"job":…,"steps":[…],"losses":[…]}`; a loss that was no number is null and left out.
  private static func curve(_ answer: JSONValue, name: String) -> RoundReport.TrainingCurve? {
    guard let steps = answer["steps"]?.arrayValue, let losses = answer["losses"]?.arrayValue else {
      return nil
    }
    var pairs: [(step: Int, loss: Double)] = []
    for (step, loss) in zip(steps, losses) {
      guard let step = step.intValue, let loss = loss.doubleValue, loss.isFinite,
        step > pairs.last?.step ?? .min
      else { continue }
      pairs.append((step, loss))
    }
    guard !pairs.isEmpty else { return nil }
    let recipe = answer["job"]?["options"]?.objectValue.map(ValueText.pairs)
    return RoundReport.TrainingCurve(
      name: name, isBase: false, recipe: recipe?.isEmpty == false ? recipe : nil,
      steps: pairs.map(\.step), losses: pairs.map(\.loss))
  }
}
