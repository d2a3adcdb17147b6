import GenkiConsole
import GenkiCore

/// A daemon's `status` for people.
struct StatusView {
  let socketPath: String
  let status: JSONValue

  private static let shown: Set = [
    "daemon", "version", "state", "hotkey", "uptime_seconds", "chain", "round",
    "waiting_for_block", "job", "submission", "transfers", "problems",
  ]
  /// More transfers than these are counted only.
  private static let transfersShown = 8

  private static let summarised: Set = [
    "id", "round", "state", "step", "steps", "loss", "repository", "reason",
  ]

  func show(_ console: Console) {
    let name = text("daemon")
    let state = text("state")
    console.line(console.styled("\(name) \(text("version")): \(state)", .bold))
    var table = TextTable(alignments: [.left, .left])
    func row(_ title: String, _ value: String) { table.add(["  " + title, value]) }
    row("socket", socketPath)
    row("hotkey", text("hotkey"))
    row("uptime", text("uptime_seconds"))
    row("chain", chain)
    row("round", round)
    if let job = status["job"], !job.isNull { row("job", summary(job)) }
    if let submission = status["submission"], !submission.isNull {
      row("submission", summary(submission))
    }
    let transfers = status["transfers"]?.arrayValue ?? []
    for transfer in transfers.prefix(Self.transfersShown).map(TransferView.init) {
      row(transfer.title, transfer.distance)
    }
    if transfers.count > Self.transfersShown {
      row("transfers", "\(transfers.count - Self.transfersShown) more")
    }
    for entry in (status.objectValue ?? [:]).entries
    where !Self.shown.contains(entry.key) && !entry.value.isNull {
      row(ValueText.printable(entry.key), ValueText.text(entry.value, key: entry.key))
    }
    for line in table.lines() { console.line(line) }
    for problem in status["problems"]?.arrayValue ?? [] {
      let message = ValueText.text(problem["message"], key: "message")
      let advice = problem["advice"]?.stringValue.map { " (\(ValueText.printable($0)))" } ?? ""
      console.line("  " + console.styled("problem: \(message)\(advice)", .yellow))
    }
  }

  private func text(_ key: String) -> String { ValueText.text(status[key], key: key) }

  private var chain: String {
    guard let chain = status["chain"], !chain.isNull else { return ValueText.missing }
    let waiting = status["waiting_for_block"]?.boolValue == true ? ", waiting for a block" : ""
    let node = chain["node"]?.stringValue.map { " at \(ValueText.printable($0))" } ?? ""
    let runtime = chain["spec_version"]?.intValue.map { ", runtime \($0)" } ?? ""
    return "\(ValueText.text(chain["kind"], key: "kind"))\(node)\(runtime), "
      + "block \(ValueText.text(chain["block"], key: "block")), "
      + "final \(ValueText.text(chain["final_block"], key: "final_block"))\(waiting)"
  }

  private var round: String {
    guard let round = status["round"], !round.isNull else { return "none" }
    let left = round["blocks_left"]?.intValue.map { ", \($0) blocks left" } ?? ""
    return "\(ValueText.text(round["round"] ?? round["number"], key: "round")), "
      + "\(ValueText.text(round["state"], key: "state")), blocks "
      + "\(ValueText.text(round["opens_at"], key: "")) to "
      + "\(ValueText.text(round["closes_at"], key: ""))\(left)"
  }

  /// The members that say how far it is; all, if it has none of them.
  private func summary(_ value: JSONValue) -> String {
    guard let object = value.objectValue else { return ValueText.text(value, key: "") }
    let known = JSONObject(entries: object.entries.filter { Self.summarised.contains($0.key) })
    return ValueText.pairs(known.entries.isEmpty ? object : known)
  }
}
