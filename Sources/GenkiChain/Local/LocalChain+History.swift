import GRDB

/// A call that a block of the embedded chain holds.
public struct IncludedCall: Sendable, Hashable {
  /// Who signed it.
  public var signer: SS58Address
  /// What was asked for.
  public var call: ChainCall
  /// The block.
  public var block: UInt64
  /// Why it had no effect; nil if it had one.
  public var failure: String?

  /// A call; see the properties.
  public init(signer: SS58Address, call: ChainCall, block: UInt64, failure: String?) {
    self.signer = signer
    self.call = call
    self.block = block
    self.failure = failure
  }
}

extension LocalChain {
  /// Every call that the ledger still keeps in a block, in the chain's order.
  public func includedCalls() throws -> [IncludedCall] {
    try read { state in
      try Row.fetchAll(
        state.db,
        sql: """
          SELECT bytes, block, failure FROM extrinsic WHERE block IS NOT NULL
          ORDER BY block, position
          """
      ).map { row in
        let decoded = try LocalExtrinsic(decoding: try row.bytes("bytes"))
        return IncludedCall(
          signer: decoded.signer, call: decoded.call, block: try row.number("block"),
          failure: row.text("failure"))
      }
    }
  }
}
