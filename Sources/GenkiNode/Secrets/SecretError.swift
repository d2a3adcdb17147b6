import GenkiCore

/// A secret was not provided as it must be.
public enum SecretError: ReportableError, Equatable {
  /// The file that holds it is not there.
  case missing(path: String)
  /// Others than its owner may read the file that holds it.
  case exposed(path: String, mode: UInt32)
  /// The file that holds it cannot be read.
  case unreadable(path: String, reason: String)
  /// What was given cannot be the secret.
  case unusable(source: String, reason: String)
  /// Nobody sits at a terminal who could be asked.
  case noTerminal(question: String, advice: String)
  /// The question was not answered.
  case cancelled
  /// A daemon's hotkey is encrypted and nobody has provided the password.
  case hotkeyLocked(path: String)
  /// The password that was provided does not open the daemon's hotkey.
  case wrongPassword(path: String, source: String)

  /// The kind, and with it the exit code.
  public var kind: ErrorKind {
    switch self {
    case .missing, .unusable: .invalidData
    case .exposed: .notPermitted
    case .unreadable: .inputOutput
    case .noTerminal: .usage
    case .cancelled: .failed
    case .hotkeyLocked: .configuration
    case .wrongPassword: .notPermitted
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .missing(let path), .exposed(let path, _), .unreadable(let path, _): "secret '\(path)'"
    case .unusable(let source, _): "secret from \(source)"
    case .noTerminal(let question, _): question
    case .cancelled: "the question"
    case .hotkeyLocked(let path), .wrongPassword(let path, _): "hotkey '\(path)'"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .missing: "there is no such file"
    case .exposed(_, let mode):
      "its mode \(String(mode & 0o777, radix: 8)) lets others than its owner read it"
    case .unreadable(_, let reason), .unusable(_, let reason): reason
    case .noTerminal: "there is no terminal to ask on"
    case .cancelled: "it was cancelled"
    case .hotkeyLocked: "it is encrypted and no password is provided"
    case .wrongPassword(_, let source): "the password of \(source) does not open it"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .noTerminal(_, let advice): advice
    case .exposed(let path, _): "chmod 600 '\(path)'"
    case .hotkeyLocked:
      "name a file of mode 0600 in wallet.password_file, or load the systemd credential "
        + HotkeyOpener.credentialName
    case .wrongPassword: "put the right password there, in the file's first line"
    default: nil
    }
  }
}
