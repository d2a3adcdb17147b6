import GRDB
import GenkiCore

extension LocalChain {
  /// Signs a call for the next 63 blocks.
  ///
  /// - Throws: `ChainError.refused` named `BadFormat` for more than 128 bytes or 4096 weights, and
  ///   for a signature of another length than 64 bytes, or `CallFiltered` for a registration.
  public func makeExtrinsic(_ call: ChainCall, nonce: UInt64, signer: any Signer) throws
    -> Extrinsic
  {
    let head = try head()
    var extrinsic = try LocalExtrinsic(
      unsigned: call, signer: signer.address, nonce: nonce, head: head.number)
    let unsigned = try extrinsic.unsigned(genesis: genesis, eraBlock: head.hash)
    extrinsic.signature = try signer.signature(over: unsigned.payload)
    guard extrinsic.signature.count == Sr25519.signatureByteCount else {
      throw LocalRuntime.badFormat("a signature has \(Sr25519.signatureByteCount) bytes")
    }
    return try extrinsic.extrinsic(validIn: head.number)
  }

  /// Lets an extrinsic wait for the next block. Sending the same bytes again changes nothing,
  /// whatever became of them.
  ///
  /// - Throws: `ChainError.refused` named as a node names it: `BadFormat`, `AncientBirthBlock`,
  ///   `BadProof` if its signer has not signed it for this ledger and this version, `Stale` for a used
  ///   nonce, `TooLowPriority` for a nonce that another extrinsic waits with, and for weights
  ///   `NotEnoughStakeToSetWeights`, `SettingWeightsTooFast`, `CommittingWeightsTooFast`,
  ///   `NoWeightsCommitFound` and `RevealTooEarly`; `ChainError.unreachable` while too many wait.
  public func submit(_ extrinsic: Extrinsic) throws {
    let decoded = try LocalExtrinsic(decoding: extrinsic.bytes)
    try sealDue()
    try write { state in
      let next = try state.head().number + 1
      try Self.compare(extrinsic, decoded, next: next)
      guard try Self.row(extrinsic.hash, state) == nil else { return }
      try Self.check(decoded, lastBlock: extrinsic.lastBlock, next: next, state: state)
      try makeRoom(next: next, state: state)
      try state.db.execute(
        sql: """
          INSERT INTO extrinsic (hash, signer, nonce, last_block, bytes) VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [
          extrinsic.hash.bytes.blob, decoded.signer.publicKey.blob, decoded.nonce.sql,
          extrinsic.lastBlock.sql, extrinsic.bytes.blob,
        ])
    }
  }

  /// What became of an extrinsic.
  public func outcome(of extrinsic: Extrinsic) throws -> ExtrinsicOutcome {
    try sealDue()
    return try read { state in
      let head = try state.head().number
      if let row = try Self.row(extrinsic.hash, state) {
        guard row.isNull("block") else {
          let number = try row.number("block")
          guard let block = try state.block(number),
            let index = UInt32(exactly: try row.number("position"))
          else { throw ChainError.damaged(source: file.path, reason: "block \(number) is missing") }
          return .included(
            block: block, index: index, failure: row.text("failure").map { CallFailure($0) })
        }
        return try row.number("last_block") <= head ? .expired : .pending
      }
      let isUsed = try state.nonce(of: extrinsic.signer) > extrinsic.nonce
      return isUsed || extrinsic.lastBlock <= head ? .expired : .unknown
    }
  }

  /// Refuses a description that its bytes belie. What tells the last block is the era, of which the
  /// bytes hold the place in a period only.
  private static func compare(_ extrinsic: Extrinsic, _ decoded: LocalExtrinsic, next: UInt64)
    throws
  {
    let isOver = extrinsic.lastBlock < next
    let described = try decoded.extrinsic(validIn: isOver ? extrinsic.lastBlock : next)
    guard described.bytes == extrinsic.bytes, described.hash == extrinsic.hash,
      described.signer == extrinsic.signer, described.nonce == extrinsic.nonce,
      described.lastBlock == extrinsic.lastBlock
    else {
      throw LocalRuntime.badFormat("its bytes say something else than its description")
    }
  }

  private static func row(_ hash: ContentDigest, _ state: LedgerState) throws -> Row? {
    try Row.fetchOne(
      state.db, sql: "SELECT block, position, failure, last_block FROM extrinsic WHERE hash = ?",
      arguments: [hash.bytes.blob])
  }

  private static func check(
    _ extrinsic: LocalExtrinsic, lastBlock: UInt64, next: UInt64, state: LedgerState
  ) throws {
    guard lastBlock >= next else {
      throw ChainError.refused(
        name: "AncientBirthBlock", reason: "its last block was \(lastBlock), the next is \(next)")
    }
    try extrinsic.check(next: next, state: state)
    guard try extrinsic.nonce >= state.nonce(of: extrinsic.signer) else {
      throw ChainError.refused(name: "Stale", reason: "nonce \(extrinsic.nonce) has been used")
    }
    let situation = try CallSituation(of: extrinsic.signer, block: next, in: state)
    if let failure = try CallRules.refusal(of: extrinsic.call, situation) {
      throw ChainError.refused(
        name: failure.name, reason: "the weights of \(extrinsic.signer) would fail")
    }
    let waiting = try state.waitingNonces(of: extrinsic.signer, block: next)
    guard !waiting.contains(extrinsic.nonce) else {
      throw ChainError.refused(
        name: "TooLowPriority", reason: "another extrinsic waits with nonce \(extrinsic.nonce)")
    }
  }

  private func makeRoom(next: UInt64, state: LedgerState) throws {
    let waiting = try Int.fetchOne(
      state.db, sql: "SELECT count(*) FROM extrinsic WHERE block IS NULL AND last_block >= ?",
      arguments: [next.sql])
    guard waiting ?? 0 < Self.poolMaximum else {
      throw ChainError.unreachable(source: file.path, reason: "too many extrinsics wait")
    }
  }
}
