/// What kind of failure an error is; the raw value is the process exit code (sysexits).
public enum ErrorKind: Int32, Sendable {
  /// The operation ran and failed.
  case failed = 1
  /// The command line is wrong.
  case usage = 64
  /// The input (a dataset, a model, a tokenizer) is bad.
  case invalidData = 65
  /// A daemon or service cannot be reached.
  case unavailable = 69
  /// A mistake of ours.
  case internalError = 70
  /// An output file cannot be created.
  case cannotCreate = 73
  /// Reading or writing failed.
  case inputOutput = 74
  /// Trying again later may work.
  case temporary = 75
  /// Permission is missing.
  case notPermitted = 77
  /// The configuration is wrong.
  case configuration = 78
}

/// An error that a person can act on: what failed, why, and what to do.
///
/// Modules declare enums with payload and conform them; programs print
/// `what: why (advice)` and exit with the kind's code.
public protocol ReportableError: Error, Sendable, CustomStringConvertible {
  /// The kind, and with it the exit code.
  var kind: ErrorKind { get }
  /// What failed, naming the file, key, line or id.
  var what: String { get }
  /// Why it failed.
  var why: String { get }
  /// What to do about it, if we know.
  var advice: String? { get }
}

extension ReportableError {
  /// `what: why (advice)` on one line.
  public var description: String {
    if let advice { return "\(what): \(why) (\(advice))" }
    return "\(what): \(why)"
  }
}
