import GenkiChain
import GenkiCore
import Testing

@Suite("sr25519")
struct Sr25519Tests {
  /// The order of the group, 2^252 + 27742317777372353535851937790883648493, little-endian.
  private static let order: [UInt8] =
    [
      0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE,
      0x14,
    ] + [UInt8](repeating: 0, count: 15) + [0x10]

  private static func keypair(_ byte: UInt8) throws -> Keypair {
    try Keypair(seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32)))
  }

  @Test func keccakPermutesAsInTheReference() throws {
    let cases = try BittensorVectors.cases("merlin.json", "keccak_f1600")
    #expect(cases.count == 2)
    for entry in cases {
      var state = BittensorVectors.bytes(entry["input"])
      try #require(state.count == KeccakF1600.byteCount)
      KeccakF1600.permute(&state)
      #expect(state == BittensorVectors.bytes(entry["output"]))
    }
  }

  @Test func transcriptsGiveTheReferenceChallenges() throws {
    let cases = try BittensorVectors.cases("merlin.json", "merlin")
    #expect(cases.count == 7)
    for entry in cases {
      var transcript = MerlinTranscript(label: entry["transcript"]?.stringValue ?? "")
      for message in entry["appends"]?.arrayValue ?? [] {
        try append(message, to: &transcript)
      }
      try expectChallenge(entry["challenge1"], &transcript)
      try append(try #require(entry["then_append"]), to: &transcript)
      try expectChallenge(entry["challenge2"], &transcript)
    }
  }

  private func append(_ message: JSONValue, to transcript: inout MerlinTranscript) throws {
    let parts = try #require(message.arrayValue)
    try #require(parts.count == 2)
    transcript.append(
      try #require(parts[0].stringValue), BittensorVectors.bytes(parts[1]))
  }

  private func expectChallenge(
    _ expected: JSONValue?, _ transcript: inout MerlinTranscript
  ) throws {
    let bytes = BittensorVectors.bytes(expected?["hex"])
    let label = try #require(expected?["label"]?.stringValue)
    #expect(!bytes.isEmpty)
    #expect(transcript.challenge(label, count: bytes.count) == bytes)
  }

  @Test func aGivenNonceGivesTheReferenceSignature() throws {
    let cases = try BittensorVectors.cases("merlin.json", "sign_fixed_r")
    #expect(cases.count == 5)
    for entry in cases {
      let keypair = try Keypair(
        seed: SecretBytes(copying: BittensorVectors.bytes(entry["seed"])))
      let message = BittensorVectors.bytes(entry["message"])
      let signature = try Sr25519.sign(
        message, with: keypair, witness: BittensorVectors.bytes(entry["r"]))
      #expect(signature == BittensorVectors.bytes(entry["signature"]))
      #expect(Sr25519.isValid(signature, of: message, publicKey: keypair.publicKey))
    }
  }

  @Test func everyReferenceSignatureIsJudgedAsInTheReference() throws {
    let cases = try BittensorVectors.cases("sr25519.json", "signatures")
    #expect(cases.count == 36)
    for entry in cases {
      let isValid = Sr25519.isValid(
        BittensorVectors.bytes(entry["signature"]), of: BittensorVectors.bytes(entry["message"]),
        publicKey: BittensorVectors.bytes(entry["public"]))
      #expect(isValid == entry["valid"]?.boolValue, "\(entry["why"]?.stringValue ?? "")")
    }
  }

  @Test(arguments: [0, 1, 31, 32, 165, 166, 167, 256, 5000])
  func aSignatureIsValidForItsMessageAndKeyOnly(count: Int) throws {
    let keypair = try Self.keypair(7)
    let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let signature = try Sr25519.sign(message, with: keypair)
    #expect(signature.count == Sr25519.signatureByteCount)
    #expect(Sr25519.isValid(signature, of: message, publicKey: keypair.publicKey))
    #expect(!Sr25519.isValid(signature, of: message + [0], publicKey: keypair.publicKey))
    #expect(
      !Sr25519.isValid(signature, of: message, publicKey: try Self.keypair(8).publicKey))
  }

  @Test func theSameMessageGivesTheSameBytesAndAnotherMessageAnotherNonce() throws {
    let keypair = try Self.keypair(7)
    let first = try Sr25519.sign([1], with: keypair)
    #expect(try Sr25519.sign([1], with: keypair) == first)
    let second = try Sr25519.sign([2], with: keypair)
    #expect(second.prefix(32) != first.prefix(32))
    #expect(try Sr25519.sign([1], with: Self.keypair(8)).prefix(32) != first.prefix(32))
  }

  @Test func everySingleWrongBitIsNoticed() throws {
    let keypair = try Self.keypair(7)
    let signature = try Sr25519.sign([1, 2, 3], with: keypair)
    for bit in 0..<512 {
      var changed = signature
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!Sr25519.isValid(changed, of: [1, 2, 3], publicKey: keypair.publicKey))
    }
  }

  @Test func aResponseAboveTheOrderIsRefused() throws {
    let keypair = try Self.keypair(7)
    let signature = try Sr25519.sign([1, 2, 3], with: keypair)
    var changed = signature
    changed[63] &= 0x7F
    var carry = 0
    for (index, byte) in Self.order.enumerated() {
      carry += Int(changed[32 + index]) + Int(byte)
      changed[32 + index] = UInt8(carry & 255)
      carry >>= 8
    }
    changed[63] |= 0x80
    #expect(!Sr25519.isValid(changed, of: [1, 2, 3], publicKey: keypair.publicKey))
  }

  @Test func bytesThatAreNoSignatureOrNoKeyAreRefused() throws {
    let keypair = try Self.keypair(7)
    let signature = try Sr25519.sign([], with: keypair)
    for count in [0, 1, 32, 63, 65, 128] {
      let bytes = [UInt8](repeating: 0xFF, count: count)
      #expect(!Sr25519.isValid(bytes, of: [], publicKey: keypair.publicKey))
    }
    for key in [[], [UInt8](repeating: 0xFF, count: 32), keypair.publicKey + [0]] {
      #expect(!Sr25519.isValid(signature, of: [], publicKey: key))
    }
  }

  @Test func aKeypairSignerGivesValidSignatures() throws {
    let keypair = try Self.keypair(9)
    let signer = try KeypairSigner(keypair)
    let signature = try signer.signature(over: [4, 5, 6])
    #expect(Sr25519.isValid(signature, of: [4, 5, 6], publicKey: signer.address.publicKey))
  }
}
