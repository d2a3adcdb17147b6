import GenkiCore

/// Daemons on a stage that did not do as they should.
package enum StageError: ReportableError, Equatable {
  /// A daemon ended by itself.
  case ended(daemon: String, code: Int32, lastLine: String, log: String)
  /// A daemon did not answer in time.
  case silent(daemon: String, seconds: Double, log: String)
  /// Nothing went on for a long time.
  case stalled(activity: String, seconds: Double, daemons: [String])
  /// A daemon would not end.
  case doesNotEnd(daemon: String, seconds: Double)

  package var kind: ErrorKind { .failed }

  package var what: String {
    switch self {
    case .ended(let daemon, _, _, _), .silent(let daemon, _, _), .doesNotEnd(let daemon, _):
      "the daemon '\(daemon)'"
    case .stalled(let activity, _, _): "\(activity)"
    }
  }

  package var why: String {
    switch self {
    case .ended(_, let code, let lastLine, _):
      "it ended with \(code)" + (lastLine.isEmpty ? "" : ": \(lastLine)")
    case .silent(_, let seconds, _): "it did not answer within \(seconds) seconds"
    case .stalled(_, let seconds, let daemons):
      "nothing went on for \(seconds) seconds (\(daemons.joined(separator: "; ")))"
    case .doesNotEnd(_, let seconds): "it was killed, as it did not end within \(seconds) seconds"
    }
  }

  package var advice: String? {
    switch self {
    case .ended(_, _, _, let log), .silent(_, _, let log): "its log is \(log)"
    case .stalled, .doesNotEnd: "the daemons' logs say more"
    }
  }
}
