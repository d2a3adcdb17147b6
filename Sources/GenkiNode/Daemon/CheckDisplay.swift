import GenkiConsole
import GenkiCore

/// Shows what `check` has found.
public enum CheckDisplay {
  /// A line for each finding, or one document.
  ///
  /// - Throws: ``CheckFailed`` if a start could not go on.
  public static func show(
    _ check: EnvironmentCheck, warnings: [String], console: Console
  ) throws {
    for finding in check.findings {
      let mark =
        switch finding.grade {
        case .good: console.styled("ok  ", .green)
        case .warning: console.styled("warn", .yellow)
        case .failed: console.styled("FAIL", .red)
        }
      console.line("\(mark) \(finding.name): \(finding.message)")
    }
    for warning in warnings { console.line(console.styled("note", .yellow) + " \(warning)") }
    console.document([
      "ok": .bool(check.isGood), "checks": .array(check.findings.map(\.json)),
      "warnings": .array(warnings.map { .string($0) }),
    ])
    let failed = check.findings.filter { !$0.isGood }
    if let first = failed.first { throw CheckFailed(name: first.name, count: failed.count) }
  }
}

/// A start could not go on.
public struct CheckFailed: ReportableError, Equatable {
  /// The first finding.
  public var name: String
  /// How many there are.
  public var count: Int

  /// A wrong configuration.
  public var kind: ErrorKind { .configuration }
  /// The check.
  public var what: String { "check" }
  /// What was found.
  public var why: String {
    count == 1 ? "\(name) is wrong" : "\(name) and \(count - 1) more are wrong"
  }
  /// What to do.
  public var advice: String? { "mend what is marked FAIL" }
}
