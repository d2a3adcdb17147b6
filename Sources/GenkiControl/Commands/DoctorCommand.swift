import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiRPC

/// `genkictl doctor`: is everything as it should be, and if not, what to do.
struct DoctorCommand: DaemonCommand {
  static let configuration = CommandConfiguration.control(
    "doctor", "Look for problems and say what to do about them.",
    details: "Exits with 1 if a check failed, with 69 if no daemon answers.",
    example: "genkictl doctor")

  private static let slowSeconds = 1.0
  private static let methodNotFound = -32601

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  /// How a check came out.
  private enum Outcome: String {
    case good, warning, failed
  }

  /// One check.
  private struct Check {
    let daemon: String
    let name: String
    let outcome: Outcome
    let message: String
    var advice: String?

    var json: JSONValue {
      .object([
        "daemon": .string(daemon), "check": .string(name), "result": .string(outcome.rawValue),
        "message": .string(message), "advice": JSONValue(advice),
      ])
    }
  }

  func perform(_ console: Console) throws {
    var checks: [Check] = []
    var failure: (any Error)?
    var answers = 0
    for address in daemon.addresses(DaemonKind.allCases) {
      let name = address.kind?.rawValue ?? address.paths[0]
      do {
        let client = try address.connect(timeoutSeconds: daemon.timeout)
        answers += 1
        checks += look(at: client, name)
      } catch let error as any ReportableError {
        failure = failure.map { DaemonOptions.graver($0, error) } ?? error
        // Without a name a daemon that is not there may just not be wanted.
        let outcome: Outcome = daemon.isNamed || error.kind == .notPermitted ? .failed : .warning
        checks.append(
          Check(
            daemon: name, name: "socket", outcome: outcome, message: error.why,
            advice: error.advice))
      }
    }
    if answers == 0, let failure { throw failure }
    show(checks, console)
    console.document(.object(["checks": .array(checks.map(\.json))]))
    if checks.contains(where: { $0.outcome == .failed }) {
      try console.finish()
      throw ExitCode(ErrorKind.failed.rawValue)
    }
  }

  private func look(at client: RPCClient, _ name: String) -> [Check] {
    var checks = [
      Check(daemon: name, name: "socket", outcome: .good, message: client.socketPath)
    ]
    let start = ContinuousClock.now
    guard let status = result(of: "status", client, name, &checks) else { return checks }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    checks.append(
      Check(
        daemon: name, name: "answer", outcome: seconds < Self.slowSeconds ? .good : .warning,
        message: "status after \(HumanUnits.duration(seconds: seconds))",
        advice: seconds < Self.slowSeconds ? nil : "is the machine overloaded?"))
    let version = status["version"]?.stringValue
    let isOurs = version == ProgramVersion.current
    checks.append(
      Check(
        daemon: name, name: "version", outcome: isOurs ? .good : .warning,
        message: "\(ValueText.text(JSONValue(version), key: "version"))",
        advice: isOurs ? nil : "genkictl is \(ProgramVersion.current): install the same version"))
    let problems = status["problems"]?.arrayValue ?? []
    checks += problems.map { problem in
      Check(
        daemon: name, name: ValueText.text(problem["code"], key: "code"), outcome: .failed,
        message: ValueText.text(problem["message"], key: "message"),
        advice: problem["advice"]?.stringValue)
    }
    if problems.isEmpty {
      checks.append(
        Check(
          daemon: name, name: "problems", outcome: .good,
          message: "none; state \(ValueText.text(status["state"], key: "state"))"))
    }
    checkState(client, name, &checks)
    if status["chain"]?["kind"] == "subtensor" {
      ask("chain.check", "chain: ", client, name, &checks)
    }
    // Their names begin with the hub's own.
    if status["hub"]?["kind"] == "huggingface" { ask("hub.check", "", client, name, &checks) }
    return checks
  }

  /// What the daemon finds when it looks at its chain's nodes, runtime and keys, or at its hub.
  private func ask(
    _ method: String, _ prefix: String, _ client: RPCClient, _ name: String,
    _ checks: inout [Check]
  ) {
    do {
      for finding in try client.call(method)["items"]?.arrayValue ?? [] {
        let isGood = finding["ok"]?.boolValue ?? false
        let isWarning = finding["warning"]?.boolValue ?? false
        checks.append(
          Check(
            daemon: name, name: prefix + ValueText.text(finding["name"], key: "name"),
            outcome: isGood ? (isWarning ? .warning : .good) : .failed,
            message: ValueText.text(finding["message"], key: "message")))
      }
    } catch let error as RPCCallError where error.code == Self.methodNotFound {
      // An older daemon does not look.
    } catch {
      checks.append(
        Check(daemon: name, name: method, outcome: .failed, message: "\(error)"))
    }
  }

  private func checkState(_ client: RPCClient, _ name: String, _ checks: inout [Check]) {
    do {
      let result = try client.call("state.check")
      let found = result["findings"]?.arrayValue ?? []
      let isGood = result["is_sound"]?.boolValue ?? found.isEmpty
      checks.append(
        Check(
          daemon: name, name: "state", outcome: isGood ? .good : .failed,
          message: isGood
            ? "the database is whole"
            : found.map { ValueText.text($0, key: "") }.joined(separator: "; "),
          advice: isGood ? nil : "restore a backup"))
    } catch let error as RPCCallError where error.errorName == .notPermitted {
      checks.append(
        Check(
          daemon: name, name: "state", outcome: .warning, message: "not looked at",
          advice: "the readers' socket does not offer it"))
    } catch {
      checks.append(
        Check(daemon: name, name: "state", outcome: .failed, message: "\(error)"))
    }
  }

  private func result(
    of method: String, _ client: RPCClient, _ name: String, _ checks: inout [Check]
  ) -> JSONValue? {
    do {
      return try client.call(method)
    } catch {
      checks.append(
        Check(
          daemon: name, name: method, outcome: .failed, message: "\(error)",
          advice: "look at the daemon's log"))
      return nil
    }
  }

  private func show(_ checks: [Check], _ console: Console) {
    let colours: [Outcome: Console.Style] = [.good: .green, .warning: .yellow, .failed: .red]
    var table = TextTable(alignments: [.left, .left, .left, .left])
    for check in checks {
      let advice = check.advice.map { " (\(ValueText.printable($0)))" } ?? ""
      table.add([
        check.outcome.rawValue, ValueText.printable(check.daemon), check.name,
        ValueText.printable(check.message) + advice,
      ])
    }
    for (line, check) in zip(table.lines(), checks) {
      console.line(console.styled(line, colours[check.outcome] ?? .dim))
    }
  }
}
