import GRDB
import GenkiCore

extension LocalChain {
  /// Lets an extrinsic wait for the next block. Sending the same bytes again changes nothing,
  /// whatever became of them.
  ///
  /// - Throws: `ChainError.refused` named as a node names it: `BadFormat`, `AncientBirthBlock`,
  ///   `Stale` for a used nonce, `TooLowPriority` for a nonce that another extrinsic waits with, and
  ///   for weights `HotKeyNotRegisteredInSubNet`, `NotEnoughStakeToSetWeights` and
  ///   `SettingWeightsTooFast`; `ChainError.unreachable` while too many wait.
  public func submit(_ extrinsic: Extrinsic) throws {
    let decoded = try Self.decode(extrinsic)
    try sealDue()
    try write { state in
      guard try Self.row(extrinsic.hash, state) == nil else { return }
      let next = try state.head().number + 1
      try Self.check(decoded, next: next, state: state)
      try makeRoom(next: next, state: state)
      try state.db.execute(
        sql: """
          INSERT INTO extrinsic (hash, signer, nonce, last_block, payload, signature)
          VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          extrinsic.hash.bytes.blob, decoded.signer.publicKey.blob, decoded.nonce.sql,
          decoded.lastBlock.sql, decoded.payload.blob, decoded.signature.blob,
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

  private static func decode(_ extrinsic: Extrinsic) throws -> LocalExtrinsic {
    let decoded = try LocalExtrinsic(decoding: extrinsic.bytes)
    guard decoded.extrinsic == extrinsic else {
      throw ChainError.refused(
        name: "BadFormat", reason: "its bytes say something else than its description")
    }
    return decoded
  }

  private static func row(_ hash: ContentDigest, _ state: LedgerState) throws -> Row? {
    try Row.fetchOne(
      state.db, sql: "SELECT block, position, failure, last_block FROM extrinsic WHERE hash = ?",
      arguments: [hash.bytes.blob])
  }

  private static func check(_ extrinsic: LocalExtrinsic, next: UInt64, state: LedgerState) throws {
    guard extrinsic.lastBlock >= next, extrinsic.birth < next else {
      throw ChainError.refused(
        name: "AncientBirthBlock",
        reason: "it is for blocks \(extrinsic.birth + 1) to \(extrinsic.lastBlock), not \(next)")
    }
    guard try extrinsic.nonce >= state.nonce(of: extrinsic.signer) else {
      throw ChainError.refused(name: "Stale", reason: "nonce \(extrinsic.nonce) has been used")
    }
    let waiting = try state.waitingNonces(of: extrinsic.signer, block: next)
    guard !waiting.contains(extrinsic.nonce) else {
      throw ChainError.refused(
        name: "TooLowPriority", reason: "another extrinsic waits with nonce \(extrinsic.nonce)")
    }
    guard case .setWeights(let netuid, _, _) = extrinsic.call else { return }
    if let failure = try CallRules.refusalAtSubmission(
      netuid: netuid, by: extrinsic.signer, block: next, state: state)
    {
      throw ChainError.refused(
        name: failure.name, reason: "the weights of \(extrinsic.signer) would fail")
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
