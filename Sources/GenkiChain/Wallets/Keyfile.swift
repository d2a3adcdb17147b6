import CSodium
import GenkiCore

/// The contents of Bittensor's key files: a JSON object of hexadecimal fields, private or public.
///
/// The JSON reader's strings are not wiped from memory; everything else that holds a secret is.
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
      text.append(contentsOf: ",\"secretPhrase\":\"\(mnemonic.phrase)\"".utf8)
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
    if let stated = try text("ss58Address", in: fields, path: path),
      try SS58Address.bittensor(stated).publicKey != keypair.publicKey
    {
      throw WalletError.mismatch(path: path, field: "ss58Address")
    }
    return keypair
  }

  /// Reads the address of a public file, or the public fields of a private one.
  static func address(from contents: SecretBytes, path: String) throws -> SS58Address {
    let fields = try fields(of: contents, path: path)
    guard let stated = try text("ss58Address", in: fields, path: path) else {
      throw WalletError.malformed(path: path, reason: "it has no 'ss58Address'")
    }
    let address = try SS58Address.bittensor(stated)
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

  private static func fields(of contents: SecretBytes, path: String) throws -> JSONValue {
    guard !KeyfileCipher.isEncrypted(contents) else { throw WalletError.encrypted(path: path) }
    for (start, name) in [("$ANSIBLE_VAULT", "Ansible Vault"), ("gAAAAA", "Fernet")]
    where contents.withBytes({ $0.starts(with: start.utf8) }) {
      throw WalletError.legacyEncryption(path: path, name: name)
    }
    let value: JSONValue
    do {
      value = try contents.withBytes { try JSONValue.parse($0, source: path) }
    } catch {
      throw WalletError.malformed(path: path, reason: "it is not JSON")
    }
    guard case .object = value else {
      throw WalletError.malformed(path: path, reason: "it is not a JSON object")
    }
    // 1 is sr25519; 0 would be ed25519, which gives other public keys for the same seed.
    if let type = value["cryptoType"], type != .null, type.intValue != 1 {
      throw WalletError.malformed(path: path, reason: "its 'cryptoType' is not 1 (sr25519)")
    }
    return value
  }

  private static func secret(in fields: JSONValue, path: String) throws -> Keypair {
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
    _ name: String, in fields: JSONValue, path: String
  ) throws -> String? {
    guard let value = fields[name], value != .null else { return nil }
    guard let text = value.stringValue else {
      throw WalletError.malformed(path: path, reason: "its '\(name)' is not a text")
    }
    return text
  }

  private static func hexadecimal(
    _ name: String, in fields: JSONValue, count: Int, path: String
  ) throws -> SecretBytes? {
    guard let text = try text(name, in: fields, path: path) else { return nil }
    var digits = Array(text.utf8)
    defer { wipe(&digits) }
    let start = digits.starts(with: "0x".utf8) ? 2 : 0
    guard digits.count - start == count * 2 else {
      throw WalletError.malformed(
        path: path, reason: "its '\(name)' is not \(count) bytes in hexadecimal")
    }
    return try SecretBytes(count: count) { output in
      for index in 0..<count {
        guard let high = digitValue(digits[start + 2 * index]),
          let low = digitValue(digits[start + 2 * index + 1])
        else {
          throw WalletError.malformed(path: path, reason: "its '\(name)' is not hexadecimal")
        }
        output[index] = high << 4 | low
      }
    }
  }

  private static func digitValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
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
