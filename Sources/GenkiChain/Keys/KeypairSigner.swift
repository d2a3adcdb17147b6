import GenkiCore

/// Signs with a key pair, as sr25519; every chain verifies it.
///
/// The same payload gives the same bytes, so that a replayed round of the embedded chain has the
/// same blocks.
public struct KeypairSigner: Signer {
  /// The key's public half.
  public let address: SS58Address
  private let keypair: Keypair

  /// A signer with a key pair, of which it keeps the private key only: neither seed nor phrase.
  public init(_ keypair: Keypair) throws {
    self.keypair = try Keypair(privateKey: keypair.privateKey)
    address = try keypair.address
  }

  /// 64 bytes over the payload.
  public func signature(over payload: [UInt8]) throws -> [UInt8] {
    try Sr25519.sign(payload, with: keypair)
  }
}
