import GenkiCore
import GenkiRound
import TestSupport

/// One way in which a repository is hostile, and what is to come of it.
struct HostileKind: Sendable {
  /// What a validator is to say of it.
  enum Verdict: Sendable, Equatable {
    /// Its content or its listing breaks a rule.
    case rejected(gate: Int, code: String)
    /// It could not be had until the end of the round.
    case unavailable
  }

  /// What it is, for the table.
  let name: String
  /// What is to come of it.
  let verdict: Verdict
  /// Words that the reason must hold.
  let reason: String
  /// What the repository holds.
  var files: @Sendable (HostileForge) -> [String: [UInt8]] = { ["model.safetensors": $0.weights] }
  /// What is done to the repository when everything is there.
  var spoil: @Sendable (StandInHub, String) -> Void = { _, _ in }
  /// What the hub does instead of answering a validator.
  var fault: @Sendable (HostileForge, StandInHub.Request) -> StandInHub.Fault? = { _, _ in nil }
  /// The commitment names a revision that never was.
  var namesNoRevision = false
  /// The commitment binds another content.
  var bindsOther = false
  /// Asking it never ends by itself.
  var hangs = false

  /// A verdict as people read it.
  var verdictText: String {
    switch verdict {
    case .rejected(let gate, let code): "gate \(gate) \(code)"
    case .unavailable: "unavailable"
    }
  }

  /// All of them.
  static let all = listings + answers + models
}

extension HostileKind.Verdict {
  /// The same of an outcome; nil for an accepted one.
  init?(_ outcome: Outcome) {
    switch outcome.verdict {
    case .accepted: return nil
    case .unavailable: self = .unavailable
    case .rejected: self = .rejected(gate: outcome.gate ?? 0, code: outcome.code ?? "")
    }
  }
}

extension StandInHub.Request {
  /// It asks for the files of a commit.
  var isListing: Bool { path.contains("/tree/") }
  /// It asks for a file's bytes, where they lie.
  var isContent: Bool { host == .storage }
  /// It asks for a file.
  var isFile: Bool { host == .storage || path.contains("/resolve/") }
}
