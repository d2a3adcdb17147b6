import GenkiCore

/// A round's documents or states are not what they must be.
public enum RoundError: ReportableError, Equatable {
  /// A manifest cannot be used.
  case badManifest(source: String, reason: String)
  /// What was fetched is not what was announced.
  case baseDiffers(round: UInt64, reason: String)
  /// A state cannot take an event.
  case unexpectedEvent(subject: String, state: String, event: String)
  /// This validator does not have the held-out files that the round's rules name.
  case validationSetDiffers(name: String, reason: String)

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .badManifest, .baseDiffers: .invalidData
    case .unexpectedEvent: .internalError
    case .validationSetDiffers: .configuration
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .badManifest(let source, _): "manifest \(source)"
    case .baseDiffers(let round, _): "the base of round \(round)"
    case .unexpectedEvent(let subject, _, _): subject
    case .validationSetDiffers(let name, _): "validation file \(name.quoted())"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .badManifest(_, let reason), .baseDiffers(_, let reason),
      .validationSetDiffers(_, let reason):
      reason
    case .unexpectedEvent(_, let state, let event): "\(event) came in state \(state)"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .badManifest, .baseDiffers: "the coordinator must announce it anew"
    case .unexpectedEvent: "please report this together with the log"
    case .validationSetDiffers:
      "put the subnet's validation files into evaluation.data and restart"
    }
  }
}
