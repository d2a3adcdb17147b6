import GenkiCore

/// A call that was signed for the embedded chain: an extrinsic of version 4, with the signed
/// extensions of subtensor's runtime 393, and an sr25519 signature over the same payload.
package struct LocalExtrinsic: Hashable {
  /// No valid extrinsic is longer.
  package static let bytesMaximum = 256 + 3 * (4 + 2 * LocalRuntime.listMaximum)

  package var signer: SS58Address
  package var nonce: UInt64
  package var era: Era
  package var call: ChainCall
  package var signature: [UInt8]

  /// A call that is signed for the blocks after a head; its signature is empty until it is set.
  package init(unsigned call: ChainCall, signer: SS58Address, nonce: UInt64, head: UInt64) throws {
    guard nonce <= UInt64(UInt32.max) else {
      throw LocalRuntime.badFormat("nonce \(nonce) is out of range")
    }
    (self.signer, self.nonce, self.call) = (signer, nonce, call)
    era = Era(period: LocalRuntime.eraPeriod, at: head)
    signature = []
  }

  /// Reads the bytes of an extrinsic.
  ///
  /// - Throws: `ChainError.refused` named `BadFormat`, as a node names it.
  package init(decoding bytes: [UInt8]) throws {
    guard bytes.count <= Self.bytesMaximum else {
      throw LocalRuntime.badFormat("\(bytes.count) bytes are too many")
    }
    do {
      var reader = ScaleReader(bytes)
      guard try reader.count("bytes of an extrinsic") == reader.remaining else {
        throw LocalRuntime.badFormat("bytes are left after it")
      }
      try self.init(from: &reader)
      try reader.finish()
    } catch let error as ScaleError {
      throw LocalRuntime.badFormat("\(error.what): \(error.why)")
    }
  }

  private init(from reader: inout ScaleReader) throws {
    guard try reader.byte() == UnsignedExtrinsic.signedVersion else {
      throw LocalRuntime.badFormat("it is no signed extrinsic of version 4")
    }
    guard try reader.byte() == 0 else {
      throw LocalRuntime.badFormat("its signer is no account")
    }
    signer = try SS58Address(publicKey: Array(try reader.take(32, "bytes of a key")))
    guard try reader.byte() == 1 else {
      throw LocalRuntime.badFormat("its signature is not of sr25519")
    }
    signature = Array(try reader.take(Sr25519.signatureByteCount, "bytes of a signature"))
    era = try Era(from: &reader)
    guard case .mortal = era else { throw LocalRuntime.badFormat("it would be valid for ever") }
    guard let nonce = UInt32(exactly: try reader.compact()) else {
      throw LocalRuntime.badFormat("its nonce is out of range")
    }
    self.nonce = UInt64(nonce)
    guard try reader.compact() == 0 else {
      throw LocalRuntime.badFormat("the embedded chain takes no tips")
    }
    guard try reader.byte() == 0 else {
      throw LocalRuntime.badFormat("the embedded chain has no metadata to hash")
    }
    call = try LocalCallCoding.decode(&reader)
  }

  /// The call with what is signed along with it.
  package func unsigned(
    genesis: ContentDigest, eraBlock: ContentDigest
  ) throws -> UnsignedExtrinsic {
    try unsigned(implicit: LocalRuntime.implicit(genesis: genesis, eraBlock: eraBlock))
  }

  private func unsigned(implicit: [UInt8]) throws -> UnsignedExtrinsic {
    UnsignedExtrinsic(
      call: try LocalCallCoding.encode(call), extra: LocalRuntime.extra(era: era, nonce: nonce),
      implicit: implicit)
  }

  /// The form in which it is sent and stored, valid in a block of its era.
  package func extrinsic(validIn block: UInt64) throws -> Extrinsic {
    let bytes = try unsigned(implicit: []).signed(by: signer, signature: signature)
    return Extrinsic(
      hash: try Blake2b.digest(bytes), bytes: bytes, signer: signer, nonce: nonce,
      lastBlock: era.lastValidBlock(at: block) ?? block)
  }

  /// What a block's hash covers of it: everything but the signature, which may be random.
  var digest: ContentDigest {
    get throws {
      SHA256Hasher.digest(
        of: signer.publicKey + LocalRuntime.extra(era: era, nonce: nonce)
          + (try LocalCallCoding.encode(call)))
    }
  }

  /// Refuses what was not signed by its signer, for this chain and for a block that comes next.
  ///
  /// - Throws: `ChainError.refused` named `AncientBirthBlock` or `BadProof`.
  func check(next: UInt64, state: LedgerState) throws {
    let birth = era.birth(at: next)
    guard birth < next, let block = try state.block(birth) else {
      throw ChainError.refused(
        name: "AncientBirthBlock", reason: "block \(next) is not in its era")
    }
    let payload = try unsigned(genesis: state.genesis, eraBlock: block.hash).payload
    guard Sr25519.isValid(signature, of: payload, publicKey: signer.publicKey) else {
      throw ChainError.refused(
        name: "BadProof",
        reason: "\(signer) has not signed it for this ledger, this version and block \(next)")
    }
  }
}
