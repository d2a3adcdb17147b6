import Foundation
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiStore

/// Evaluation and scores of a round.
extension ValidatorEngine {
  func score(_ round: ValidatorRound) throws -> Progress {
    let number = round.announced.round
    let evaluation = try evaluation(of: round)
    return Self.progress(
      try effects.perform("score", "r\(number)") { () -> RoundScores? in
        let observer = context.observer
        return try work.outcome(of: "score r\(number)") { _ in
          try evaluation.scores { update in
            observer.report(
              NodeEvent(
                "evaluation.progress", .debug, update.phase,
                [
                  "round": JSONValue(Int(clamping: number)), "phase": .string(update.phase),
                  "done": JSONValue(update.done), "total": JSONValue(update.total),
                ]))
          }
        }?.get()
      } record: { transaction, scores in
        try transaction.save(scores)
        try apply(.scored, to: round, transaction)
      })
  }

  /// Everything that a round's evaluation depends on.
  func evaluation(of round: ValidatorRound) throws -> RoundEvaluation {
    let number = round.announced.round
    let (candidates, known) = try context.store.read { transaction in
      (try transaction.candidates(round: number), try transaction.knownRound(number))
    }
    guard let known, let seed = round.probeSeed else {
      throw RoundError.unexpectedEvent(
        subject: "round \(number)", state: round.state.rawValue, event: "an evaluation")
    }
    return RoundEvaluation(
      base: known.folder, rules: round.rules, round: number,
      seed: Seeds.evaluation(round: number, probeSeed: seed), candidates: candidates,
      seen: known.document.seen, validationFiles: configuration.evaluation.data, threads: threads)
  }
}
