import GenkiCore

/// What a runtime is on the real chain: the numbers that calls and signatures of the embedded chain
/// are bound to. A change that old extrinsics do not survive raises a version.
package enum LocalRuntime {
  /// Signed along with every call.
  package static let specVersion: UInt32 = 1
  /// Signed along with every call; counts changes of the form of calls.
  package static let transactionVersion: UInt32 = 1
  /// Blocks for which an extrinsic is signed.
  package static let eraPeriod: UInt64 = 64
  /// Fields of a commitment at most, as on the chain; this program makes one.
  package static let commitmentFieldsMaximum = 3
  /// Numbers in a list of uids, weights or salt at most; the subnet's own limits are lower.
  package static let listMaximum = 4096

  /// The numbers of pallets and functions, those of subtensor's runtime 393.
  enum Function {
    static let setCommitment: [UInt8] = [18, 0]
    static let setWeights: [UInt8] = [7, 0]
    static let commitWeights: [UInt8] = [7, 96]
    static let revealWeights: [UInt8] = [7, 97]
  }

  /// What the runtime's signed extensions add to an extrinsic: era, nonce, no tip, and no hash of
  /// metadata.
  static func extra(era: Era, nonce: UInt64) -> [UInt8] {
    var writer = ScaleWriter()
    writer.append(era.encoded)
    writer.append(compact: UInt128(nonce))
    writer.append(compact: 0)
    writer.append(integer: UInt8(0))
    return writer.bytes
  }

  /// What they add to the signed payload only.
  static func implicit(genesis: ContentDigest, eraBlock: ContentDigest) -> [UInt8] {
    var writer = ScaleWriter()
    writer.append(integer: specVersion)
    writer.append(integer: transactionVersion)
    writer.append(genesis.bytes)
    writer.append(eraBlock.bytes)
    writer.append(integer: UInt8(0))
    return writer.bytes
  }

  /// A refusal of what cannot be read.
  static func badFormat(_ reason: String) -> ChainError {
    .refused(name: "BadFormat", reason: reason)
  }
}
