import GenkiChain
import GenkiRound
import GenkiStore

/// What daemons have signed, and what the ledger has of it.
extension Invariants {
  mutating func checkCalls() throws {
    let calls = try world.chain.includedCalls()
    for hotkey in world.nodes.map(\.hotkey) {
      let ours = calls.filter { $0.signer == hotkey }
      let next = try world.chain.nextNonce(of: hotkey)
      expect(next == UInt64(ours.count), "\(hotkey) has \(ours.count) calls and nonce \(next)")
      let failed = ours.compactMap(\.failure)
      expect(failed.isEmpty, "calls of \(hotkey) failed: \(failed)")
    }
  }

  func weightSubjects() throws -> [String] {
    let head = try world.chain.head()
    let last = try world.chain.subnet(at: head).epoch(of: head.number, netuid: World.netuid)
    return (1...world.options.rounds).flatMap { round in
      (0...last).map { "r\(round) epoch \($0)" }
    }
  }

  /// Everything that a daemon has signed is on the chain: nothing was signed in vain.
  mutating func checkSigned() throws {
    var subjects = try weightSubjects().map { (SentExtrinsic.Purpose.weights, $0) }
    subjects += (1...(world.options.rounds + 1)).map { (.announce, "r\($0)") }
    for node in world.nodes {
      let signed = try node.store.read { transaction in
        let commits = try transaction.submissions(limit: 64).map {
          (SentExtrinsic.Purpose.commit, "submission \($0.id ?? 0)")
        }
        return try (subjects + commits).flatMap {
          try transaction.extrinsics(purpose: $0.0, subject: $0.1)
        }
      }
      for record in signed where record.state != .final {
        expect(
          false,
          "\(node.name): \(record.purpose) \(record.subject) is \(record.state): "
            + (record.failure ?? "no reason"))
      }
    }
  }
}
