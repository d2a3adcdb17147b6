import GenkiChain
import GenkiCore

/// What a judging node has noted of every extrinsic: accepted, included, rejected.
package struct NodeVerdicts {
  private let entries: [JSONValue]

  package init(_ log: JSONValue) throws {
    guard let entries = log.arrayValue else {
      throw DemoError.unexpectedOutput(command: "the node", problem: "its verdicts are no list")
    }
    self.entries = entries
  }

  /// Entries of a kind.
  package func count(_ kind: String) -> Int { entries(kind).count }

  /// What was refused, each with its reason.
  package var rejections: [String] {
    entries("rejected").map { entry in
      let call = entry["call"]?.stringValue ?? "an extrinsic"
      return "\(call): \(entry["data"]?.stringValue ?? entry["message"]?.stringValue ?? "")"
    }
  }

  /// Troubles of the node itself.
  package var internalErrors: [String] {
    entries("internal").map { $0["error"]?.stringValue ?? "" }
  }

  /// Calls in blocks that are still there.
  func includedCalls(on chain: any Chain) throws -> [IncludedCall] {
    var accepted: [String: JSONValue] = [:]
    for entry in entries("accepted") {
      if let hash = entry["hash"]?.stringValue { accepted[hash] = entry }
    }
    return try entries("included").compactMap { entry in
      guard let hash = entry["hash"]?.stringValue, let sent = accepted[hash],
        let number = entry["block"]?.intValue.flatMap(UInt64.init(exactly:)),
        let block = try chain.block(number: number),
        entry["block_hash"]?.stringValue == "0x\(block.hash.hex)",
        let signer = sent["signer"]?.stringValue
      else { return nil }
      return IncludedCall(
        signer: try SS58Address.bittensor(signer), call: try Self.call(sent, chain.netuid),
        block: number, failure: entry["error"]?.stringValue)
    }
  }

  private func entries(_ kind: String) -> [JSONValue] {
    entries.filter { $0["kind"]?.stringValue == kind }
  }

  /// The call of an accepted extrinsic, as far as it matters here.
  private static func call(_ entry: JSONValue, _ netuid: UInt16) throws -> ChainCall {
    switch entry["call"]?.stringValue {
    case "Commitments.set_commitment":
      // Pallet, call, subnet, one field, its length and one more, its bytes.
      let bytes = Array((entry["call_hex"]?.stringValue ?? "").utf8.dropFirst(2))
      let content = stride(from: 12, to: bytes.count - 1, by: 2).compactMap {
        UInt8(String(decoding: bytes[$0..<$0 + 2], as: UTF8.self), radix: 16)
      }
      return .setCommitment(netuid: netuid, bytes: content)
    case "SubtensorModule.set_weights", "SubtensorModule.set_mechanism_weights":
      return .setWeights(netuid: netuid, weights: [], versionKey: 0)
    case "SubtensorModule.commit_weights":
      return .commitWeights(netuid: netuid, hash: SHA256Hasher.digest(of: []))
    case "SubtensorModule.reveal_weights":
      return .revealWeights(netuid: netuid, weights: [], salt: [], versionKey: 0)
    case let name:
      throw DemoError.unexpectedOutput(
        command: "the node", problem: "it holds the call \(name ?? "without a name")")
    }
  }
}
