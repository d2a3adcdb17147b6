import CSodium
import GenkiCore

/// Signs with a key pair for the embedded chain.
///
/// The tag is HMAC-SHA512 of the payload under the private key: it tells the owner's extrinsics apart
/// from others for the owner. The embedded chain stores it and does not verify it.
public struct KeypairSigner: Signer {
  /// The key's public half.
  public let address: SS58Address
  private let keypair: Keypair

  /// A signer with a key pair.
  public init(_ keypair: Keypair) throws {
    self.keypair = keypair
    address = try keypair.address
  }

  /// 64 bytes over the payload.
  public func signature(over payload: [UInt8]) throws -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: 64)
    var state = crypto_auth_hmacsha512_state()
    let made = keypair.privateKey.withPointer { key in
      crypto_auth_hmacsha512_init(&state, key, keypair.privateKey.count)
    }
    guard made == 0,
      crypto_auth_hmacsha512_update(&state, payload, UInt64(payload.count)) == 0,
      crypto_auth_hmacsha512_final(&state, &tag) == 0
    else { throw KeyError.library("HMAC-SHA512") }
    return tag
  }
}
