import CSodium

/// sr25519 signatures as substrate chains use them: Schnorr on ristretto255 with Merlin transcripts.
///
/// Curve arithmetic is libsodium's. What schnorrkel signs, this verifies, and the other way round.
public enum Sr25519 {
  /// Bytes of a signature.
  public static let signatureByteCount = 64
  private static let context = "substrate"
  /// Marks a signature of this kind in its last byte.
  private static let mark: UInt8 = 0x80
  private static let nonceDomain = "genki-dama/sr25519-nonce/1\0"

  /// Signs a message.
  ///
  /// The secret nonce is SHA-512 of the key's nonce half, the public key and the message, as in
  /// Ed25519: no source of randomness can betray the key, and the same message gives the same bytes.
  ///
  /// - Throws: `KeyError.library` if libsodium refuses to work.
  public static func sign(_ message: [UInt8], with keypair: Keypair) throws -> [UInt8] {
    guard sodium_init() >= 0 else { throw KeyError.library("libsodium") }
    var witness = try witness(message, keypair)
    defer { wipe(&witness) }
    return try sign(message, with: keypair, witness: witness)
  }

  /// Whether a signature of a message was made with the private half of a key. Any bytes are
  /// allowed; what is no signature or no key gives false.
  public static func isValid(
    _ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]
  ) -> Bool {
    guard sodium_init() >= 0, signature.count == signatureByteCount, publicKey.count == 32,
      crypto_core_ristretto255_is_valid_point(publicKey) == 1
    else { return false }
    let commitment = Array(signature[..<32])
    var response = Array(signature[32...])
    guard response[31] & mark != 0 else { return false }
    response[31] &= ~mark
    // Any other number of the same residue would be a second signature of the same message.
    guard reduced(response + [UInt8](repeating: 0, count: 32)) == response else { return false }
    let challenge = challenge(message, publicKey: publicKey, commitment: commitment)
    // The products are refused only where they are the neutral element, which the zeros encode.
    var left = [UInt8](repeating: 0, count: 32)
    var right = [UInt8](repeating: 0, count: 32)
    _ = crypto_scalarmult_ristretto255_base(&left, response)
    _ = crypto_scalarmult_ristretto255(&right, challenge, publicKey)
    var expected = [UInt8](repeating: 0, count: 32)
    guard crypto_core_ristretto255_sub(&expected, left, right) == 0 else { return false }
    return expected == commitment
  }

  /// Signs with a given secret nonce, a scalar that must never be used for a second message.
  package static func sign(
    _ message: [UInt8], with keypair: Keypair, witness: [UInt8]
  ) throws -> [UInt8] {
    var commitment = [UInt8](repeating: 0, count: 32)
    guard witness.count == 32,
      crypto_scalarmult_ristretto255_base(&commitment, witness) == 0
    else { throw KeyError.library("ristretto255") }
    let challenge = challenge(message, publicKey: keypair.publicKey, commitment: commitment)
    var product = [UInt8](repeating: 0, count: 32)
    defer { wipe(&product) }
    keypair.privateKey.withPointer { crypto_core_ristretto255_scalar_mul(&product, challenge, $0) }
    var response = [UInt8](repeating: 0, count: 32)
    crypto_core_ristretto255_scalar_add(&response, product, witness)
    response[31] |= mark
    return commitment + response
  }

  private static func witness(_ message: [UInt8], _ keypair: Keypair) throws -> [UInt8] {
    var state = crypto_hash_sha512_state()
    var wide = [UInt8](repeating: 0, count: 64)
    defer {
      wipe(&wide)
      withUnsafeMutableBytes(of: &state) { sodium_memzero($0.baseAddress, $0.count) }
    }
    let domain = Array(nonceDomain.utf8)
    let publicKey = keypair.publicKey
    guard crypto_hash_sha512_init(&state) == 0,
      crypto_hash_sha512_update(&state, domain, UInt64(domain.count)) == 0,
      keypair.privateKey.withPointer({ crypto_hash_sha512_update(&state, $0 + 32, 32) }) == 0,
      crypto_hash_sha512_update(&state, publicKey, UInt64(publicKey.count)) == 0,
      crypto_hash_sha512_update(&state, message, UInt64(message.count)) == 0,
      crypto_hash_sha512_final(&state, &wide) == 0
    else { throw KeyError.library("SHA-512") }
    return reduced(wide)
  }

  private static func challenge(
    _ message: [UInt8], publicKey: [UInt8], commitment: [UInt8]
  ) -> [UInt8] {
    var transcript = MerlinTranscript(label: "SigningContext")
    transcript.append("", context.utf8)
    transcript.append("sign-bytes", message)
    transcript.append("proto-name", "Schnorr-sig".utf8)
    transcript.append("sign:pk", publicKey)
    transcript.append("sign:R", commitment)
    return reduced(transcript.challenge("sign:c", count: 64))
  }

  /// A number of 64 bytes modulo the group's order.
  private static func reduced(_ wide: [UInt8]) -> [UInt8] {
    precondition(wide.count == 64, "a number to reduce has 64 bytes")
    var scalar = [UInt8](repeating: 0, count: 32)
    crypto_core_ristretto255_scalar_reduce(&scalar, wide)
    return scalar
  }
}
