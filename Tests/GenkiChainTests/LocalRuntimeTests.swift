import Foundation
import GenkiChain
import GenkiCore
import TestSupport
import Testing

/// The embedded chain's form of calls and payloads beside that of subtensor's runtime 393, as its own
/// metadata describe it.
@Suite("The embedded chain's runtime")
struct LocalRuntimeTests {
  private func metadata() throws -> RuntimeMetadata {
    let path = Vectors.path("bittensor/metadata-v15-spec393-derived.scale")
    return try RuntimeMetadata(decoding: TextFile.readBytes(path, sizeLimit: 1 << 20))
  }

  private static let weights = (0..<40).map { UidWeight(uid: $0, weight: 65535 - 7 * $0) }
  private static let hash = SHA256Hasher.digest(of: [9])

  @Test func callsAndPayloadsAreThoseOfSubtensor() throws {
    let metadata = try metadata()
    let (genesis, block) = (SHA256Hasher.digest(of: [1]), SHA256Hasher.digest(of: [2]))
    let calls: [(ChainCall, SubtensorCall)] = [
      (
        .setCommitment(netuid: 7, bytes: Array("hello".utf8)),
        .setCommitment(netuid: 7, fields: [Array("hello".utf8)])
      ),
      (.setCommitment(netuid: 7, bytes: []), .setCommitment(netuid: 7, fields: [[]])),
      (
        .setCommitment(netuid: 7, bytes: [UInt8](repeating: 3, count: 128)),
        .setCommitment(netuid: 7, fields: [[UInt8](repeating: 3, count: 128)])
      ),
      (
        .setWeights(netuid: 300, weights: Self.weights, versionKey: 5),
        .setWeights(netuid: 300, weights: Self.weights, versionKey: 5)
      ),
      (.commitWeights(netuid: 7, hash: Self.hash), .commitWeights(netuid: 7, hash: Self.hash)),
      (
        .revealWeights(netuid: 7, weights: Self.weights, salt: [1, 2, 3], versionKey: .max),
        .revealWeights(netuid: 7, weights: Self.weights, salt: [1, 2, 3], versionKey: .max)
      ),
    ]
    for (index, (ours, theirs)) in calls.enumerated() {
      let nonce = UInt64(index) << 13
      let made = try LocalExtrinsic(
        unsigned: ours, signer: LocalChainSample.key(1), nonce: nonce, head: 1_000_037)
      let unsigned = try made.unsigned(genesis: genesis, eraBlock: block)
      let expected = try metadata.unsignedExtrinsic(
        call: try theirs.encoded(metadata),
        context: SigningContext(
          specVersion: LocalRuntime.specVersion,
          transactionVersion: LocalRuntime.transactionVersion, genesis: genesis,
          era: Era(period: 64, at: 1_000_037), eraBlock: block, nonce: nonce))
      #expect(unsigned == expected)
      #expect(
        try unsigned.payload.count
          == (unsigned.fullPayload.count > 256 ? 32 : unsigned.fullPayload.count))
    }
  }

  @Test func theSignedBytesAreAnExtrinsicOfVersion4() throws {
    let sample = try LocalChainSample()
    try sample.populate(1)
    let extrinsic = try sample.make(LocalChainSample.commit("x"), by: 1)
    let opened = try BlockExtrinsic(extrinsic.bytes)
    #expect(opened.version == 4)
    #expect(opened.isSigned)
    #expect(opened.signer == extrinsic.signer)
    #expect(try opened.hash == extrinsic.hash)
  }

  @Test(
    arguments: [
      [7, 0], [0], [4], [8, 1, 1, 1], [16, 1, 1, 1, 1], [4, 0], [4, 130], [4, 131], [4, 135],
      [4, 136, 4, 1],
    ] as [[UInt8]])
  func otherCommitmentsThanOneRawFieldAreRefused(fields: [UInt8]) throws {
    #expect(try refusal(call: [18, 0, 7, 0] + fields) == "BadFormat")
  }

  @Test func otherCallsAreRefused() throws {
    #expect(try refusal(call: [18, 0, 7, 0, 4, 2, 65]) == nil)
    #expect(try refusal(call: [7, 7, 7, 0] + [UInt8](repeating: 0, count: 32)) == "BadFormat")
    #expect(try refusal(call: [0, 0, 4, 65]) == "BadFormat")
    // Two uids with one weight.
    #expect(
      try refusal(call: [7, 0, 7, 0, 8, 0, 0, 1, 0, 4, 9, 0] + [UInt8](repeating: 0, count: 8))
        == "BadFormat")
    // Bytes after the call.
    #expect(try refusal(call: [18, 0, 7, 0, 4, 2, 65, 0]) == "BadFormat")
  }

  private func refusal(call: [UInt8]) throws -> String? {
    // Era, nonce, tip, no hash of metadata.
    let extra: [UInt8] = [0x15, 0, 0, 0, 0]
    let signed = [0x84, 0] + (try LocalChainSample.key(1).publicKey) + [1]
    var writer = ScaleWriter()
    writer.append(counted: signed + [UInt8](repeating: 1, count: 64) + extra + call)
    return LocalChainSample.refusal { _ = try LocalExtrinsic(decoding: writer.bytes) }
  }

  @Test(
    arguments: [
      [0, 0, 0, 0], [0x15, 0, 2, 0, 0], [0x15, 0, 7, 0, 0, 0, 1, 0, 0], [0x15, 0, 0, 4, 0],
      [0x15, 0, 0, 0, 1], [0x15, 0xff, 0, 0, 0],
    ] as [[UInt8]])
  func otherExtensionsAreRefused(extra: [UInt8]) throws {
    let call: [UInt8] = [18, 0, 7, 0, 4, 2, 65]
    let signed = [0x84, 0] + (try LocalChainSample.key(1).publicKey) + [1]
    var writer = ScaleWriter()
    writer.append(counted: signed + [UInt8](repeating: 1, count: 64) + extra + call)
    #expect(
      LocalChainSample.refusal { _ = try LocalExtrinsic(decoding: writer.bytes) } == "BadFormat")
  }
}
