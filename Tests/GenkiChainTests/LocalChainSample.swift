import Foundation
import GenkiChain
import GenkiCore
import TestSupport

/// A clock that a test moves.
final class TestClock: @unchecked Sendable {
  private let lock = NSLock()
  private var seconds = 1_000_000.0

  var now: Double { lock.withLock { seconds } }

  func advance(_ by: Double) { lock.withLock { seconds += by } }
}

/// A ledger in a temporary folder, with keys by number.
struct LocalChainSample {
  static let netuid: UInt16 = 7

  let folder: TemporaryFolder
  let chain: LocalChain

  init(_ change: (inout LocalChainSettings) -> Void = { _ in }) throws {
    var settings = LocalChainSettings()
    change(&settings)
    folder = try TemporaryFolder()
    chain = try LocalChain(
      path: folder.file("chain/ledger.sqlite"), netuid: Self.netuid, settings: settings,
      blockSeconds: 0, now: { 0 })
  }

  var path: String { folder.file("chain/ledger.sqlite") }

  /// The same ledger, opened once more.
  func again() throws -> LocalChain {
    try LocalChain(path: path, netuid: Self.netuid, blockSeconds: 0, now: { 0 })
  }

  /// Signers whose addresses are in the order of their numbers.
  private static let signers = Result {
    try (0...UInt8.max).map {
      try KeypairSigner(
        Keypair(seed: SecretBytes(copying: [UInt8](repeating: $0, count: 32))))
    }.sorted { $0.address.publicKey.lexicographicallyPrecedes($1.address.publicKey) }
  }

  static func signer(_ number: UInt8) throws -> KeypairSigner {
    try signers.get()[Int(number)]
  }

  static func key(_ number: UInt8) throws -> SS58Address { try signer(number).address }

  /// Registers hotkeys 1 to `count`, hotkey n with coldkey 100 + n and a stake of n TAO, in block 1.
  func populate(_ count: UInt8, staked: Set<UInt8> = []) throws {
    for number in 1...count {
      try chain.register(hotkey: Self.key(number), coldkey: Self.key(100 + number))
    }
    for number in staked.sorted() {
      try chain.addStake(hotkey: Self.key(number), amount: UInt64(number) * 1_000_000_000)
    }
    try chain.seal(count: 1)
  }

  func make(_ call: ChainCall, by number: UInt8, nonce: UInt64? = nil) throws -> Extrinsic {
    let signer = try Self.signer(number)
    let nonce = try nonce ?? chain.nextNonce(of: signer.address)
    return try chain.makeExtrinsic(call, nonce: nonce, signer: signer)
  }

  /// Submits a call.
  @discardableResult
  func send(_ call: ChainCall, by number: UInt8, nonce: UInt64? = nil) throws -> Extrinsic {
    let extrinsic = try make(call, by: number, nonce: nonce)
    try chain.submit(extrinsic)
    return extrinsic
  }

  /// Submits a call, seals a block, and answers with the call's failure.
  func failure(of call: ChainCall, by number: UInt8) throws -> String? {
    let extrinsic = try send(call, by: number)
    try chain.seal(count: 1)
    guard case .included(_, _, let failure) = try chain.outcome(of: extrinsic) else {
      return "not included"
    }
    return failure?.name
  }

  static func commit(_ text: String) -> ChainCall {
    .setCommitment(netuid: netuid, bytes: Array(text.utf8))
  }

  static func weights(_ entries: [UInt16: UInt16], versionKey: UInt64 = 0) -> ChainCall {
    .setWeights(
      netuid: netuid,
      weights: entries.sorted { $0.key < $1.key }.map { UidWeight(uid: $0.key, weight: $0.value) },
      versionKey: versionKey)
  }

  /// The name with which the chain refuses; nil if it does not.
  static func refusal(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch ChainError.refused(let name, _) {
      return name
    } catch {
      return "\(error)"
    }
  }
}
