import Foundation
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiStore

/// Looks at a node's states after each of its steps: they only move forward.
struct StateWatch {
  private static let submissionOrder: [Submission.State] = [
    .prepared, .uploaded, .submitted, .included, .final, .public, .verified,
  ]
  /// More than a scenario has.
  private static let rowsMaximum = 64

  private var ranks: [String: Int] = [:]
  /// What went backwards, and what could not be read.
  private(set) var broken: [String] = []

  mutating func look(at store: Store, of name: String) {
    do {
      let (rounds, submissions, jobs) = try store.read { transaction in
        (
          try transaction.rounds(limit: Self.rowsMaximum),
          try transaction.submissions(limit: Self.rowsMaximum),
          try transaction.jobs(limit: Self.rowsMaximum)
        )
      }
      for round in rounds {
        note("\(name): round \(round.announced.round)", round.state.rank, round.state.rawValue)
      }
      for submission in submissions {
        // The two other ends come after everything.
        let rank = Self.submissionOrder.firstIndex(of: submission.state) ?? .max
        note("\(name): submission \(submission.id ?? 0)", rank, submission.state.rawValue)
      }
      // A restart takes a job back to its begin; an end stays.
      for job in jobs {
        note("\(name): job \(job.id ?? 0)", job.state.isEnded ? 1 : 0, job.state.rawValue)
      }
    } catch {
      broken.append("\(name): its state cannot be read: \(error)")
    }
  }

  private mutating func note(_ key: String, _ rank: Int, _ state: String) {
    if let before = ranks[key], rank < before {
      broken.append("\(key) went back to \(state)")
    }
    ranks[key] = rank
  }
}

extension ScenarioNode {
  func isScored(round: UInt64) throws -> Bool {
    try store.read { try $0.scores(round: round) != nil }
  }

  /// Everything that its state says of the world, without how often it had to try.
  func fingerprint() throws -> [String] {
    try store.read { transaction in
      let rounds = try transaction.rounds(limit: 64)
      var lines = try rounds.map { "\(try Self.text($0))" }
      for round in rounds {
        let number = round.announced.round
        lines += try transaction.candidates(round: number).map { try Self.text($0) }
        if let scores = try transaction.scores(round: number) {
          lines.append(try Self.text(scores))
        }
      }
      lines += try transaction.knownRounds(limit: 64).map { try Self.text($0) }
      lines += try transaction.knownRounds(limit: 64).compactMap {
        try transaction.verification(round: $0.round).map { try Self.text($0) }
      }
      lines += try transaction.weightSettings(limit: 64).map { try Self.text($0) }
      lines += try transaction.submissions(limit: 64).map { try Self.text($0) }
      lines += try transaction.jobs(limit: 64).map { try Self.text($0) }
      lines += try transaction.openExtrinsics().map { try Self.text($0) }
      return lines
    }
  }

  private static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
