import GenkiCore
import GenkiReport

/// Everything that one round of the demo brought, as values.
package struct RoundFigures {
  /// One candidate and what the coordinator's validator said of it.
  package struct Candidate {
    package let name: String
    package let hotkey: String
    /// `honest` or `copier`: what the demo knows and the validators do not.
    package let role: String
    package let text: String
    package let method: String
    package var deltaLoss: Double?
    package var standardError: Double?
    package var similarity: Double?
    package var nearest: String?
    package var score = 0.0
    /// `accepted`, `rejected` or `unavailable`.
    package var verdict = "unavailable"
    package var reason: String?
    /// Its share of the validator's weights.
    package var weight = 0.0
    /// Its share of the epoch's incentive; nil while no epoch was.
    package var incentive: Double?
    /// The score that each validator found, in the order of ``RoundFigures/validators``.
    package var scores: [Double] = []
    /// Repository and revision, as `NAMESPACE/NAME@REVISION`.
    package var place: String?

    /// A candidate before a validator has seen it.
    package init(name: String, hotkey: String, role: String, text: String, method: String) {
      self.name = name
      self.hotkey = hotkey
      self.role = role
      self.text = text
      self.method = method
    }
  }

  /// One validator's part of the round.
  package struct Validator {
    package let name: String
    package let hotkey: String
    package var isVerified = false
    /// The SHA-256 of the Dama that it recomputed.
    package var damaDigest: String?
    package var differences: [String] = []
    /// Its vector on the ledger: shares by hotkey.
    package var weights: [String: Double] = [:]
    package var dividends: Double?

    /// A validator that has done nothing yet.
    package init(name: String, hotkey: String) {
      self.name = name
      self.hotkey = hotkey
    }
  }

  package let number: Int
  /// In commit order.
  package var candidates: [Candidate] = []
  package var validators: [Validator] = []
  package var similarity: RoundReport.SimilarityTable?
  package var losses: [RoundReport.TextLoss] = []
  package var trainings: [RoundReport.TrainingCurve] = []
  /// The new base, or the old one where nothing helped.
  package var damaFolder = ""
  package var damaDigest = ""
  /// Where the next round's base is on the hub, as `NAMESPACE/NAME@REVISION`.
  package var damaPlace: String?
  package var manifestDigest: String?
  package var strategy: String?
  package var step: Double?
  /// What the step gained on the held-out files, as the Dama's record tells.
  package var announced: AnnouncedGain?
  /// Whether every miner was known to help in the first round.
  package var isProven = true
  /// The epoch's block at which incentive and dividends were read.
  package var epochBlock: UInt64?

  /// A round in which nothing has happened yet.
  package init(number: Int) { self.number = number }

  package var isVerified: Bool {
    !validators.isEmpty && validators.allSatisfy { $0.isVerified && $0.damaDigest == damaDigest }
  }

  /// What the round must show; empty if it does.
  package var problems: [String] {
    var problems: [String] = []
    for candidate in candidates {
      if candidate.role == "copier", candidate.score != 0 || candidate.weight != 0 {
        problems.append("the copier '\(candidate.name)' got a score of \(candidate.score)")
      }
      if isProven, candidate.role == "honest", number == 1, candidate.weight <= 0 {
        problems.append("\(candidate.name) got no weight (\(candidate.reason ?? "no reason"))")
      }
      if Set(candidate.scores).count > 1 {
        problems.append("the validators' scores of \(candidate.name) differ: \(candidate.scores)")
      }
    }
    for validator in validators {
      for candidate in candidates where candidate.role == "copier" {
        if let weight = validator.weights[candidate.hotkey], weight > 0 {
          problems.append("\(validator.name) has set a weight on '\(candidate.name)'")
        }
      }
      if !validator.isVerified {
        problems.append(
          "\(validator.name) could not verify the Dama: "
            + validator.differences.joined(separator: "; "))
      } else if validator.damaDigest != damaDigest {
        problems.append("\(validator.name) recomputed another Dama")
      }
    }
    for loss in losses where isProven && number == 1 && loss.isTrainedOn && loss.dama >= loss.base {
      problems.append("the Dama is not better than the base on \(loss.text)")
    }
    return problems.map { "round \(number): \($0)" }
  }
}
