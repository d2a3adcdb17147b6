import Foundation

/// What a daemon was doing, as its log at level debug tells: effects that have begun and not ended.
package struct DaemonTrace {
  /// Phases of a daemon's part in a round.
  package enum Phase: String, CaseIterable {
    case starting
    case training
    case submission = "publish/commit"
    case submitted = "submission open, waiting"
    case fetching
    case evaluation
    case weights
    case aggregation
    case announcement = "publish base, announce"
    case verification = "verify a Dama"
    case waiting

    init?(effect: String) {
      switch effect {
      case "train": self = .training
      case "upload", "sign_commit", "send_commit", "publish", "verify_submission":
        self = .submission
      case "snapshot", "read_seed", "fetch_candidate": self = .fetching
      case "score": self = .evaluation
      case "sign_weights", "send_weights": self = .weights
      case "aggregate": self = .aggregation
      case "publish_base", "sign_announce", "send_announce": self = .announcement
      case "verify_base": self = .verification
      default:
        guard effect.hasPrefix("fetch") else { return nil }
        self = .fetching
      }
    }
  }

  private static let chunk = 1 << 16

  private let path: String
  private var descriptor: Int32 = -1
  private var pending: [UInt8] = []
  private var isListening = false
  private var submission = ""
  /// Effects that have begun in the running process and not ended.
  private(set) var open: [String] = []
  /// The longest time that an effect took, in seconds.
  private(set) var durations: [String: Double] = [:]
  private var begun: [String: ContinuousClock.Instant] = [:]

  /// Follows a log that need not be there yet.
  package init(path: String) { self.path = path }

  /// What the daemon is doing.
  package var phase: Phase {
    if let effect = open.last, let phase = Phase(effect: effect) { return phase }
    guard isListening else { return .starting }
    let isOpen = ["prepared", "uploaded", "submitted", "included", "final", "public"].contains(
      submission)
    return isOpen ? .submitted : .waiting
  }

  /// A new process writes to the log from here on.
  package mutating func restart() {
    pending = []
    open = []
    begun = [:]
    isListening = false
  }

  /// Reads what has been written since the last call.
  package mutating func read() {
    if descriptor < 0 { descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: Self.chunk)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      pending += buffer[..<count]
    }
    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
      take(String(decoding: pending[..<end], as: UTF8.self))
      pending.removeFirst(end + 1)
    }
  }

  /// Closes the log.
  package mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  private mutating func take(_ line: String) {
    if line.contains("listens on") { isListening = true }
    if let found = line.firstMatch(of: /submission of round \d+ is (\w+)/) {
      submission = String(found.1)
    }
    guard let found = line.firstMatch(of: /debug round: (begin|done) (\S+)/) else { return }
    let effect = String(found.2)
    if found.1 == "begin" {
      // One that failed begins again without having ended.
      open.removeAll { $0 == effect }
      open.append(effect)
      begun[effect] = ContinuousClock.now
      return
    }
    if let index = open.lastIndex(of: effect) { open.remove(at: index) }
    guard let start = begun[effect] else { return }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    durations[effect] = max(durations[effect] ?? 0, seconds)
  }
}
