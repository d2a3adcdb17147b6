import GenkiCore

/// What a registration asks besides its preflight.
extension SubtensorChain {
  /// The hashes of a key's extrinsics that wait in the node's pool; nil if the node does not show it.
  public func waitingExtrinsics(of key: SS58Address) throws -> [ContentDigest]? {
    let answer: JSONValue
    do {
      answer = try node.read("author_pendingExtrinsics")
    } catch is NodeRefusal {
      return nil
    }
    guard let texts = answer.arrayValue else {
      throw ChainError.damaged(source: node.name, reason: "the pool is no list")
    }
    return texts.compactMap { text -> ContentDigest? in
      // What is not understood is not ours: this program signs version 4.
      guard let bytes = text.stringValue.flatMap(HexBytes.bytes),
        let extrinsic = try? BlockExtrinsic(bytes), extrinsic.signer == key
      else { return nil }
      return try? extrinsic.hash
    }
  }

  /// Whether the runtime lets a registration name the price that it pays at most.
  public func limitsRegistrationPrice(at block: BlockReference) throws -> Bool {
    try reading(at: block) { $0.runtime.metadata.hasCall(StateReader.subtensor, "register_limit") }
  }
}
