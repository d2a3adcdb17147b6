import CSodium
import GenkiCore

/// The contents of Bittensor's key files: a JSON object of hexadecimal fields, private or public.
///
/// Whatever holds a secret on the way is wiped.
enum Keyfile {
  /// What a private file says, in the order of the fields that other wallets load by.
  static func privateContents(of keypair: Keypair) throws -> SecretBytes {
    var text = Array("{".utf8)
    // Room for all fields at once: growing the array would leave copies behind.
    text.reserveCapacity(2048)
    defer { wipe(&text) }
    try appendPublicFields(of: keypair.publicKey, to: &text)
    text.append(contentsOf: ",\"privateKey\":\"0x".utf8)
    appendHexadecimal(keypair.privateKey, to: &text)
    text.append(contentsOf: "\"".utf8)
    if let mnemonic = keypair.mnemonic {
      text.append(contentsOf: ",\"secretPhrase\":\"".utf8)
      mnemonic.phraseBytes.withBytes { text.append(contentsOf: $0) }
      text.append(contentsOf: "\"".utf8)
    }
    if let seed = keypair.seed {
      text.append(contentsOf: ",\"secretSeed\":\"0x".utf8)
      appendHexadecimal(seed, to: &text)
      text.append(contentsOf: "\"".utf8)
    }
    text.append(contentsOf: "}".utf8)
    return SecretBytes(copying: text)
  }

  /// What a public file (`coldkeypub.txt`, `NAMEpub.txt`) says.
  static func publicContents(of publicKey: [UInt8]) throws -> SecretBytes {
    var text = Array("{".utf8)
    try appendPublicFields(of: publicKey, to: &text)
    text.append(contentsOf: "}".utf8)
    return SecretBytes(copying: text)
  }

  /// Reads a private key: the phrase, else the seed, else the private key, and checks every other
  /// field against it.
  static func keypair(from contents: SecretBytes, path: String) throws -> Keypair {
    let fields = try fields(of: contents, path: path)
    let keypair = try secret(in: fields, path: path)
    for name in ["publicKey", "accountId"] {
      if let stated = try hexadecimal(name, in: fields, count: 32, path: path),
        !stated.isEqual(to: SecretBytes(copying: keypair.publicKey))
      {
        throw WalletError.mismatch(path: path, field: name)
      }
    }
    if let stated = try address(in: fields, path: path), stated.publicKey != keypair.publicKey {
      throw WalletError.mismatch(path: path, field: "ss58Address")
    }
    return keypair
  }

  /// Reads the address of a public file, or the public fields of a private one.
  static func address(from contents: SecretBytes, path: String) throws -> SS58Address {
    let fields = try fields(of: contents, path: path)
    guard let address = try address(in: fields, path: path) else {
      throw WalletError.malformed(path: path, reason: "it has no 'ss58Address'")
    }
    for name in ["publicKey", "accountId"] {
      if let key = try hexadecimal(name, in: fields, count: 32, path: path),
        !key.isEqual(to: SecretBytes(copying: address.publicKey))
      {
        throw WalletError.malformed(
          path: path, reason: "its '\(name)' and its 'ss58Address' are different keys")
      }
    }
    return address
  }

  // MARK: Reading

  private static func fields(of contents: SecretBytes, path: String) throws -> KeyfileFields {
    guard !KeyfileCipher.isEncrypted(contents) else { throw WalletError.encrypted(path: path) }
    for (start, name) in [("$ANSIBLE_VAULT", "Ansible Vault"), ("gAAAAA", "Fernet")]
    where contents.withBytes({ $0.starts(with: start.utf8) }) {
      throw WalletError.legacyEncryption(path: path, name: name)
    }
    let fields: KeyfileFields
    do {
      fields = try KeyfileFields(contents)
    } catch {
      throw WalletError.malformed(path: path, reason: error.reason)
    }
    // 1 is sr25519; 0 would be ed25519, which gives other public keys for the same seed.
    switch fields["cryptoType"] {
    case nil, .number(1): return fields
    default:
      throw WalletError.malformed(path: path, reason: "its 'cryptoType' is not 1 (sr25519)")
    }
  }

  private static func secret(in fields: KeyfileFields, path: String) throws -> Keypair {
    let privateKey = try hexadecimal("privateKey", in: fields, count: 64, path: path)
    let seed = try hexadecimal("secretSeed", in: fields, count: 32, path: path)
    let keypair: Keypair
    if let phrase = try text("secretPhrase", in: fields, path: path) {
      keypair = try Keypair(mnemonic: Mnemonic(parsing: phrase))
    } else if let seed {
      keypair = try Keypair(seed: seed)
    } else if let privateKey {
      return try Keypair(privateKey: privateKey)
    } else {
      throw WalletError.malformed(
        path: path, reason: "it has none of 'secretPhrase', 'secretSeed' and 'privateKey'")
    }
    if let seed, let derived = keypair.seed, !seed.isEqual(to: derived) {
      throw WalletError.mismatch(path: path, field: "secretSeed")
    }
    return keypair
  }

  /// A field's text; nil where it is absent or null.
  private static func text(
    _ name: String, in fields: KeyfileFields, path: String
  ) throws -> SecretBytes? {
    switch fields[name] {
    case nil: return nil
    case .text(let text): return text
    default: throw WalletError.malformed(path: path, reason: "its '\(name)' is not a text")
    }
  }

  private static func address(in fields: KeyfileFields, path: String) throws -> SS58Address? {
    try text("ss58Address", in: fields, path: path).map { text in
      try SS58Address.bittensor(text.withBytes { String(decoding: $0, as: UTF8.self) })
    }
  }

  private static func hexadecimal(
    _ name: String, in fields: KeyfileFields, count: Int, path: String
  ) throws -> SecretBytes? {
    guard let text = try text(name, in: fields, path: path) else { return nil }
    guard let bytes = SecretBytes.hexadecimal(text, count: count) else {
      throw WalletError.malformed(
        path: path, reason: "its '\(name)' is not \(count) bytes in hexadecimal")
    }
    return bytes
  }

  // MARK: Writing

  private static func appendPublicFields(of publicKey: [UInt8], to text: inout [UInt8]) throws {
    let address = try SS58Address(publicKey: publicKey)
    let key = SecretBytes(copying: publicKey)
    for name in ["accountId", "publicKey"] {
      text.append(contentsOf: "\"\(name)\":\"0x".utf8)
      appendHexadecimal(key, to: &text)
      text.append(contentsOf: "\",".utf8)
    }
    text.append(contentsOf: "\"ss58Address\":\"\(address)\"".utf8)
  }

  private static func appendHexadecimal(_ bytes: SecretBytes, to text: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.withBytes { bytes in
      for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
      }
    }
  }
}
