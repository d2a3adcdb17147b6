import GenkiChain
import GenkiCore
import GenkiRound
import GenkiStore

/// Brings extrinsics to the chain: stored before they are sent, one at a time for a key, and never
/// sent again but as the same bytes.
public final class ExtrinsicCourier {
  private let context: NodeContext
  private let effects: EffectRunner
  /// The final block at which this process sent an extrinsic last: it is not sent again before
  /// another one.
  private var sentAt: [ContentDigest: UInt64] = [:]

  /// A courier for our hotkey.
  public init(_ context: NodeContext, effects: EffectRunner) {
    self.context = context
    self.effects = effects
  }

  /// Signs a call, for the caller to store.
  ///
  /// - Returns: Nil while another extrinsic of ours is on its way: two with the same nonce would
  ///   exclude each other.
  public func sign(
    _ call: ChainCall, purpose: SentExtrinsic.Purpose, subject: String
  ) throws -> SentExtrinsic? {
    guard try context.store.read({ try $0.openExtrinsics().isEmpty }) else { return nil }
    let nonce = try context.chain.nextNonce(of: context.hotkey)
    let extrinsic = try context.chain.makeExtrinsic(call, nonce: nonce, signer: context.signer)
    return SentExtrinsic(extrinsic, purpose: purpose, subject: subject)
  }

  /// Follows everything that is on its way, also what nobody waits for any more: until it has ended
  /// nothing else can be signed.
  public func trackAll(finalBlock: UInt64) throws {
    for record in try context.store.read({ try $0.openExtrinsics() }) {
      _ = try track(record.hash, finalBlock: finalBlock)
    }
  }

  /// Looks what became of an extrinsic and sends it if the chain has not seen it.
  ///
  /// The new state is stored before it is returned.
  public func track(_ hash: ContentDigest, finalBlock: UInt64) throws -> SentExtrinsic? {
    guard var record = try context.store.read({ try $0.extrinsic(hash) }) else { return nil }
    guard !record.state.isEnded else { return record }
    let before = record
    let looked = try effects.look("looking for \(record.purpose.rawValue) \(record.subject)") {
      try context.chain.outcome(of: record.extrinsic)
    }
    guard let outcome = looked else { return record }
    record.apply(outcome, finalBlock: finalBlock)
    if outcome == .unknown {
      guard sentAt[hash].map({ finalBlock > $0 }) ?? true else { return record }
      sentAt[hash] = finalBlock
      try send(&record)
    } else if record != before {
      let found = record
      try context.store.write { transaction in
        try transaction.save(found)
        // A process that died while it sent could not note that the bytes arrived.
        guard found.state != .expired else { return }
        try transaction.finishEffect(
          kind: Self.sendKind(found), subject: found.hash.hex, now: context.now())
      }
    }
    return record
  }

  private func send(_ record: inout SentExtrinsic) throws {
    record.sendCount += 1
    let sent = record
    try context.store.write { try $0.save(sent) }
    do {
      _ = try effects.perform(Self.sendKind(record), record.hash.hex) {
        try context.chain.submit(sent.extrinsic)
      } record: { _, _ in
      }
    } catch ChainError.refused(let name, let reason) {
      // Time has gone on: these bytes can never be included, others can.
      record.state = Self.staleNames.contains(name) ? .expired : .failed
      record.failure = name
      record.failureText = reason
      sentAt[record.hash] = nil
      let refused = record
      try context.store.write { try $0.save(refused) }
      context.observer.report(
        NodeEvent(
          "extrinsic.refused", .warning,
          "the chain refuses \(record.purpose.rawValue) \(record.subject): \(name): \(reason)"))
    }
  }

  /// The journal's name for sending.
  private static func sendKind(_ record: SentExtrinsic) -> String {
    "send_\(record.purpose.rawValue)"
  }

  /// A nonce that another client of the key has used, an era that has passed, a runtime that was
  /// upgraded.
  private static let staleNames: Set = ["Stale", "AncientBirthBlock", "OtherRuntime"]
}
