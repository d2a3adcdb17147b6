import GenkiChain
import GenkiCore

/// What a validator's daemon cannot do.
public enum ValidatorError: ReportableError, Equatable {
  /// A coordinator needs held-out files.
  case noValidationSet
  /// Account and name make no repository id that an announcement can hold.
  case repositoryName(account: String, name: String)
  /// Conversations cannot be written as the first base's chat template has it.
  case baseTemplate(place: String, why: String)
  /// The chain refuses an announcement.
  case announcementRefused(reason: String)

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .noValidationSet, .repositoryName, .baseTemplate: .configuration
    case .announcementRefused: .failed
    }
  }
  /// What failed.
  public var what: String {
    switch self {
    case .noValidationSet: "evaluation.data"
    case .repositoryName: "round.name"
    case .baseTemplate(let place, _): "round.base, \(place)"
    case .announcementRefused: "the announcement of a round"
    }
  }
  /// Why.
  public var why: String {
    switch self {
    case .noValidationSet: "a coordinator needs held-out text"
    case .repositoryName(let account, let name):
      "\("\(account)/\(name)".quoted()) cannot be a repository of an announcement"
    case .baseTemplate(_, let why): why
    case .announcementRefused(let reason): "the chain refuses it: \(reason)"
    }
  }
  /// What to do.
  public var advice: String? {
    switch self {
    case .noValidationSet: "name files that every validator of the subnet has"
    case .repositoryName:
      "letters, digits, - _ and . ; at most \(AnnouncementCommitment.repositoryBytesMaximum) "
        + "characters with hub.account"
    case .baseTemplate:
      "nobody could train on conversations: give the base a template that can be run, or none; no round is "
        + "announced before"
    case .announcementRefused: "register the hotkey, then: genkictl round start"
    }
  }
}
