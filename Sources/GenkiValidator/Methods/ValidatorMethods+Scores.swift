import GenkiChain
import GenkiCore
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiStore

extension ValidatorMethods {
  var scoreEndpoints: [RPCEndpoint] {
    let hotkey = RPCParameter(
      "hotkey", RoundSchemas.hotkey, isRequired: true, summary: "Whose score.")
    return [
      RPCEndpoint(
        RPCMethod(
          "score.list", summary: "The scores of a round in commit order", access: .read,
          parameters: [Self.roundParameter], result: ValidatorSchemas.scoreList,
          errors: [.notFound], example: ["round": 1])
      ) { call in
        let scores = try scores(call)
        return [
          "round": JSONView.number(scores.round),
          "items": .array(try scores.outcomes.map { try JSONView.json($0) }),
        ]
      },
      RPCEndpoint(
        RPCMethod(
          "score.explain", summary: "Why a hotkey got its score, step by step", access: .read,
          parameters: [hotkey, Self.roundParameter], result: ValidatorSchemas.explanation,
          errors: [.notFound]), handle: explain),
      RPCEndpoint(
        RPCMethod(
          "evaluation.list", summary: "The rounds that were evaluated, newest first",
          access: .read,
          result: .list(
            of: .object([
              "round": RoundSchemas.count, "candidates": RoundSchemas.count,
              "accepted": RoundSchemas.count, "seconds": .number(min: 0),
            ])))
      ) { _ in
        let all = try context.store.read { transaction in
          try transaction.rounds(limit: 100).compactMap {
            try transaction.scores(round: $0.announced.round)
          }
        }
        return [
          "items": .array(
            all.map { scores in
              [
                "round": JSONView.number(scores.round),
                "candidates": JSONValue(scores.outcomes.count),
                "accepted": JSONValue(scores.outcomes.count { $0.verdict == .accepted }),
                "seconds": .number(scores.seconds),
              ]
            })
        ]
      },
      RPCEndpoint(
        RPCMethod(
          "evaluation.show", summary: "Everything that the evaluation of a round found",
          access: .read, parameters: [Self.roundParameter], result: ValidatorSchemas.evaluation,
          errors: [.notFound])
      ) { call in try JSONView.json(try scores(call)) },
      RPCEndpoint(
        RPCMethod(
          "leaderboard", summary: "Miners by what they have earned over all rounds",
          access: .read, result: .list(of: ValidatorSchemas.leaderboardRow)), handle: leaderboard),
    ]
  }

  private func explain(_ call: RPCCall) throws -> JSONValue {
    let hotkey = call["hotkey"]?.stringValue ?? ""
    let scores = try scores(call)
    guard let position = scores.outcomes.firstIndex(where: { $0.hotkey.description == hotkey })
    else { throw Self.failure("candidate \(hotkey.quoted()) in round \(scores.round)") }
    let outcome = scores.outcomes[position]
    let row = position < scores.similarity.count ? scores.similarity[position] : []
    let similarities = zip(scores.outcomes, row).enumerated().filter { $0.offset != position }
    let stepSize = try context.store.read { try $0.round(scores.round)?.rules.stepSize }
    return [
      "round": JSONView.number(scores.round), "outcome": try JSONView.json(outcome),
      "position": JSONValue(position + 1),
      "sentences": .array(
        ScoreExplanation(outcome: outcome, position: position, stepSize: stepSize ?? 0)
          .sentences.map { .string($0) }),
      "similarities": .array(
        similarities.map { place, pair in
          [
            "hotkey": .string(pair.0.hotkey.description), "similarity": .number(pair.1),
            "is_earlier": .bool(place < position),
          ]
        }),
    ]
  }

  private func leaderboard(_ call: RPCCall) throws -> JSONValue {
    let all = try context.store.read { transaction in
      try transaction.rounds(limit: 1_000).compactMap {
        try transaction.scores(round: $0.announced.round)
      }
    }
    var rows: [SS58Address: LeaderboardRow] = [:]
    for scores in all.reversed() {
      for outcome in scores.outcomes {
        rows[outcome.hotkey, default: LeaderboardRow(hotkey: outcome.hotkey)].add(outcome)
      }
    }
    var neurons: [SS58Address: Neuron] = [:]
    if let final = board.snapshot.view?.final {
      for neuron in try context.chain.metagraph(at: final).neurons {
        neurons[neuron.hotkey] = neuron
      }
    }
    let sorted = rows.values.sorted {
      $0.scoreSum == $1.scoreSum
        ? $0.hotkey.description < $1.hotkey.description : $0.scoreSum > $1.scoreSum
    }
    return [
      "items": .array(
        sorted.enumerated().map { $0.element.json(rank: $0.offset + 1, neurons[$0.element.hotkey]) }
      )
    ]
  }
}

/// One miner's rounds added up.
private struct LeaderboardRow {
  let hotkey: SS58Address
  var rounds = 0
  var accepted = 0
  var scoreSum = 0.0
  var lastScore = 0.0
  var lastWeight: UInt16 = 0

  init(hotkey: SS58Address) { self.hotkey = hotkey }

  mutating func add(_ outcome: Outcome) {
    rounds += 1
    if outcome.verdict == .accepted { accepted += 1 }
    scoreSum += outcome.score
    lastScore = outcome.score
    lastWeight = outcome.weight
  }

  func json(rank: Int, _ neuron: Neuron?) -> JSONValue {
    [
      "rank": JSONValue(rank), "hotkey": .string(hotkey.description),
      "uid": neuron.map { JSONValue(Int($0.uid)) } ?? .null, "rounds": JSONValue(rounds),
      "accepted": JSONValue(accepted), "score_sum": .number(scoreSum),
      "last_score": .number(lastScore), "last_weight": JSONValue(Int(lastWeight)),
      "incentive": JSONValue(Int(neuron?.incentive ?? 0)),
      "emission_rao": JSONView.number(neuron?.emission ?? 0),
    ]
  }
}

/// A score in sentences.
struct ScoreExplanation {
  let outcome: Outcome
  let position: Int
  let stepSize: Double

  var sentences: [String] {
    var result = [
      "committed as number \(position + 1) of the round, in block \(outcome.block), extrinsic "
        + "\(outcome.extrinsicIndex)"
    ]
    switch outcome.verdict {
    case .unavailable:
      return result + ["unavailable: \(outcome.reason ?? "it could not be had in time")"]
    case .rejected:
      let gate = outcome.gate.map { " by gate \($0)" } ?? ""
      return result + ["rejected\(gate): \(outcome.reason ?? "no reason given")", "score 0"]
    case .accepted: break
    }
    if let delta = outcome.deltaLoss {
      let error = outcome.standardError.map { " ± \(2 * $0) (two standard errors)" } ?? ""
      result.append("Δloss \(delta) nats per token\(error), at step \(stepSize) along its change")
    }
    if let nearest = outcome.nearest {
      result.append("similarity \(outcome.dataSimilarity) to the earlier model of \(nearest)")
    } else {
      result.append("similar to no earlier model")
    }
    result.append("score = max(0, 0.95 − similarity) × max(0, Δloss) = \(outcome.score)")
    if let reason = outcome.reason { result.append(reason) }
    result.append("weight \(outcome.weight) of 65535")
    return result
  }
}
