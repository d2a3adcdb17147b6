import Foundation
import GenkiChain
import GenkiCore

/// What a round left behind: everything that kills must not change.
package struct CrashOutcome {
  /// Content hashes of the accepted by name, for each validator.
  package var accepted: [String: [String: String]] = [:]
  /// The vectors on the ledger by validator, as text.
  package var weights: [String: String] = [:]
  /// The Dama's SHA-256: the coordinator's, and what each validator recomputed.
  package var dama: [String: String] = [:]
  package var isVerified: [String: Bool] = [:]
  /// Calls that took effect on the ledger, by hotkey's name and kind.
  package var calls: [String: Int] = [:]
  /// Calls that the ledger refused.
  package var refused: [String] = []
  package var problems: [String] = []
  package var block: UInt64 = 0
  package var seconds = 0.0

  package init() {}

  /// What must hold in every round by itself.
  package var faults: [String] {
    var faults = problems
    let vectors = Set(accepted.values.map { $0.sorted { $0.key < $1.key }.map { "\($0)" } })
    if vectors.count != 1 { faults.append("the validators accepted different models") }
    if Set(dama.values).count != 1 { faults.append("not everybody has the same Dama: \(dama)") }
    for (name, isVerified) in isVerified.sorted(by: { $0.key < $1.key }) where !isVerified {
      faults.append("\(name) could not verify the Dama")
    }
    for (key, count) in calls.sorted(by: { $0.key < $1.key }) where count > 1 {
      if !key.contains("weights") { faults.append("\(key): \(count) times on the ledger") }
    }
    return faults + refused
  }

  /// What is different from the undisturbed round.
  package func differences(from reference: CrashOutcome) -> [String] {
    var found = faults
    func compare<Value: Equatable>(
      _ name: String, _ ours: [String: Value], _ theirs: [String: Value]
    ) {
      for key in Set(ours.keys).union(theirs.keys).sorted() where ours[key] != theirs[key] {
        let values = [ours[key], theirs[key]].map { $0.map { "\($0)" } ?? "none" }
        found.append("\(name) of \(key): \(values[0]), undisturbed \(values[1])")
      }
    }
    compare("accepted models", accepted, reference.accepted)
    compare("weights", weights, reference.weights)
    compare("Dama", dama, reference.dama)
    compare("number of calls", calls, reference.calls)
    return found
  }

  var json: JSONObject {
    func object<Value>(_ values: [String: Value], _ json: (Value) -> JSONValue) -> JSONValue {
      .object(
        JSONObject(
          entries: values.sorted { $0.key < $1.key }.map { (key: $0.key, value: json($0.value)) }))
    }
    return [
      "accepted": object(accepted) { object($0) { .string($0) } },
      "weights": object(weights) { .string($0) }, "dama_sha256": object(dama) { .string($0) },
      "calls": object(calls) { JSONValue($0) }, "block": JSONValue(Int(clamping: block)),
      "seconds": .number(seconds),
    ]
  }
}

extension CrashOutcome {
  /// Reads what daemons and ledger show of a round that is over.
  init(reading cast: CrashCast, round: Int) throws {
    let (this, next): (JSONObject, JSONObject) = (
      ["round": JSONValue(round)], ["round": JSONValue(round + 1)]
    )
    let head = try cast.chain.head()
    block = head.number
    let metagraph = try cast.chain.metagraph(at: head)
    for validator in cast.validators {
      let outcomes = try validator.call("score.list", this)["items"]?.arrayValue ?? []
      accepted[validator.name] = [:]
      for outcome in outcomes where outcome["verdict"]?.stringValue == "accepted" {
        let hotkey = outcome["hotkey"]?.stringValue ?? ""
        accepted[validator.name]?[cast.names[hotkey] ?? hotkey] =
          outcome["content_hash"]?.stringValue ?? ""
      }
      let hotkey = try cast.stage.hotkey(validator.name).address
      weights[validator.name] =
        metagraph.neuron(of: hotkey)?.weights.map { "\($0.uid):\($0.weight)" }
        .joined(separator: " ") ?? ""
      let found = try validator.find("round.verify", next)
      isVerified[validator.name] = found?["is_verified"]?.boolValue ?? false
      dama[validator.name] = found?["recomputed"]?.stringValue ?? ""
      try checkSettings(of: validator, cast)
    }
    dama["ledger"] =
      try cast.coordinator.call("round.show", this)["round"]?["next"]?["dama_sha256"]?
      .stringValue ?? ""
    try readCalls(cast)
  }

  /// One vector for each round and epoch.
  private mutating func checkSettings(of validator: StageDaemon, _ cast: CrashCast) throws {
    let settings = try validator.call("weights.show", ["limit": 100])["items"]?.arrayValue ?? []
    let made = settings.filter { $0["block"]?.intValue != nil }
    let address = try cast.stage.hotkey(validator.name).address
    let blocks = try cast.chain.includedCalls().filter { call in
      guard call.signer == address, call.failure == nil else { return false }
      return switch call.call {
      case .setWeights, .commitWeights: true
      default: false
      }
    }.map { Int(clamping: $0.block) }
    let known = made.compactMap { $0["block"]?.intValue }.sorted()
    if blocks.sorted() != known {
      problems.append("\(validator.name) set weights in blocks \(blocks), it knows of \(known)")
    }
  }

  private mutating func readCalls(_ cast: CrashCast) throws {
    for call in try cast.chain.includedCalls() {
      let name = cast.names[call.signer.description] ?? call.signer.description
      var kind = "weights"
      if case .setCommitment(_, let bytes) = call.call {
        let announcement = try? AnnouncementCommitment(parsing: bytes)
        kind = announcement.map { "announcement of round \($0.round)" } ?? "commitment"
      }
      if case .revealWeights = call.call { kind = "reveal of weights" }
      if let failure = call.failure {
        refused.append("\(name)'s \(kind) in block \(call.block) was refused: \(failure)")
      } else {
        calls["\(name) \(kind)", default: 0] += 1
      }
    }
  }
}
