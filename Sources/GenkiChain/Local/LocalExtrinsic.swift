import GenkiCore

/// The embedded chain's form of a signed call.
///
/// A version byte, the signer's key, nonce, birth block and last block, the call, and 64 bytes of
/// signature. Numbers are little-endian.
package struct LocalExtrinsic: Hashable {
  package static let version: UInt8 = 1
  package static let signatureCount = 64
  /// Blocks after its birth in which an extrinsic can be included.
  package static let lifetime: UInt64 = 64
  /// Bytes of a commitment, as on the chain.
  package static let commitmentMaximum = 128
  /// Entries of a weight vector that the format holds; the subnet's own limits are lower.
  package static let weightsMaximum = 4096
  /// No valid extrinsic is longer.
  package static let bytesMaximum = 1 + 32 + 24 + 3 + 2 + 4 * weightsMaximum + 8 + signatureCount

  package var signer: SS58Address
  package var nonce: UInt64
  package var birth: UInt64
  package var lastBlock: UInt64
  package var call: ChainCall
  package var signature: [UInt8]

  package init(
    signer: SS58Address, nonce: UInt64, birth: UInt64, lastBlock: UInt64, call: ChainCall,
    signature: [UInt8]
  ) {
    self.signer = signer
    self.nonce = nonce
    self.birth = birth
    self.lastBlock = lastBlock
    self.call = call
    self.signature = signature
  }

  /// Everything but the signature.
  package var payload: [UInt8] {
    var writer = LedgerBytes.Writer()
    writer.append(Self.version)
    writer.append(signer.publicKey)
    for number in [nonce, birth, lastBlock] { writer.append(number) }
    switch call {
    case .setCommitment(let netuid, let bytes):
      writer.append(UInt8(0))
      writer.append(netuid)
      writer.append(UInt16(clamping: bytes.count))
      writer.append(bytes)
    case .setWeights(let netuid, let weights, let versionKey):
      writer.append(UInt8(1))
      writer.append(netuid)
      writer.append(UInt16(clamping: weights.count))
      writer.append(LedgerBytes.encode(weights))
      writer.append(versionKey)
    case .commitWeights, .revealWeights, .register: break
    }
    return writer.bytes
  }

  /// What is signed: the payload, bound to one chain by its genesis.
  func signedBytes(genesis: ContentDigest) -> [UInt8] {
    Array("genki-dama embedded chain extrinsic".utf8) + genesis.bytes + payload
  }

  /// The form in which it is sent and stored.
  package var extrinsic: Extrinsic {
    let bytes = payload + signature
    return Extrinsic(
      hash: SHA256Hasher.digest(of: bytes), bytes: bytes, signer: signer, nonce: nonce,
      lastBlock: lastBlock)
  }

  /// Refuses a call that the format cannot hold.
  static func check(_ call: ChainCall) throws {
    switch call {
    case .setCommitment(_, let bytes):
      guard bytes.count <= commitmentMaximum else {
        throw refusal("a commitment has at most \(commitmentMaximum) bytes, not \(bytes.count)")
      }
    case .setWeights(_, let weights, _):
      guard weights.count <= weightsMaximum else {
        throw refusal("a vector has at most \(weightsMaximum) weights, not \(weights.count)")
      }
    case .commitWeights, .revealWeights, .register: throw refusal("the call is unknown")
    }
  }

  /// Reads what `extrinsic` wrote.
  ///
  /// - Throws: `ChainError.refused` named `BadFormat`, as a node names it.
  package init(decoding bytes: [UInt8]) throws {
    guard bytes.count <= Self.bytesMaximum else {
      throw Self.refusal("\(bytes.count) bytes are too many")
    }
    var reader = LedgerBytes.Reader(bytes)
    guard let version = reader.uint8(), let key = reader.take(32), let nonce = reader.uint64(),
      let birth = reader.uint64(), let lastBlock = reader.uint64(), let kind = reader.uint8(),
      let netuid = reader.uint16(), let count = reader.uint16()
    else { throw Self.refusal("it ends early") }
    guard version == Self.version else { throw Self.refusal("version \(version) is unknown") }
    guard nonce < UInt64(Int64.max), lastBlock < UInt64(Int64.max), birth <= lastBlock,
      lastBlock - birth <= Self.lifetime
    else { throw Self.refusal("its nonce or its blocks are out of range") }
    switch kind {
    case 0:
      guard let content = reader.take(Int(count)) else { throw Self.refusal("it ends early") }
      call = .setCommitment(netuid: netuid, bytes: content)
    case 1:
      guard let content = reader.take(4 * Int(count)), let versionKey = reader.uint64(),
        let weights = LedgerBytes.entries(content)
      else { throw Self.refusal("it ends early") }
      call = .setWeights(netuid: netuid, weights: weights, versionKey: versionKey)
    default: throw Self.refusal("call \(kind) is unknown")
    }
    try Self.check(call)
    guard let signature = reader.take(Self.signatureCount), reader.isAtEnd else {
      throw Self.refusal("its signature has not \(Self.signatureCount) bytes")
    }
    guard let signer = try? SS58Address(publicKey: key) else {
      throw Self.refusal("its signer is no key")
    }
    (self.signer, self.nonce, self.birth) = (signer, nonce, birth)
    (self.lastBlock, self.signature) = (lastBlock, signature)
  }

  /// A call to be signed: its signature is empty.
  package init(unsigned call: ChainCall, signer: SS58Address, nonce: UInt64, birth: UInt64) throws {
    try Self.check(call)
    guard nonce < UInt64(Int64.max) else { throw Self.refusal("its nonce is out of range") }
    (self.signer, self.nonce, self.birth, self.call) = (signer, nonce, birth, call)
    lastBlock = birth + Self.lifetime
    signature = []
  }

  private static func refusal(_ reason: String) -> ChainError {
    .refused(name: "BadFormat", reason: reason)
  }
}
