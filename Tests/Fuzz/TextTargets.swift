import GenkiCore

/// Key files, their encryption (never the costly derivation of a key), addresses and phrases: one byte
/// chooses.
enum KeyfileTarget: FuzzTarget {
  private static let path = "keyfile"
  private static let password = SecretBytes(copying: Array("password".utf8))

  static func seeds() throws -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for name in ["enc/coldkey", "plain/coldkey", "plain/coldkeypub.txt", "plain/hotkeys/hk1"] {
      let bytes = try Runtimes.bytes("wallets/\(name)")
      seeds += (0...2).map { [$0] + bytes }
    }
    let keypair = try Keypair(seed: SecretBytes(copying: [UInt8](repeating: 7, count: 32)))
    let file = try Keyfile.privateContents(of: keypair)
    seeds.append([0] + file.withBytes { Array($0) })
    let sealed = try KeyfileCipher.seal(file, password: password, cost: .minimal)
    seeds.append([2] + sealed.withBytes { Array($0) })
    for item in try Runtimes.json("ss58.json")["valid"]?.arrayValue ?? [] {
      seeds.append([3] + (item["address"]?.stringValue ?? "").utf8)
    }
    for wallet in try Runtimes.json("wallets.json")["wallets"]?.arrayValue ?? [] {
      for name in ["coldkey_mnemonic", "hotkey_mnemonic"] {
        seeds.append([4] + (wallet[name]?.stringValue ?? "").utf8)
      }
    }
    return seeds + [4, 5, 6, 7].map { [$0] + [UInt8](repeating: 9, count: 40) }
  }

  static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let choice = input.byte() % 8
    let content = input.rest()
    switch choice {
    case 0: try keypair(content)
    case 1:
      let address = try Keyfile.address(from: SecretBytes(copying: content), path: path)
      expect(try SS58Address.bittensor(address.description) == address, "another address")
    case 2:
      let sealed = SecretBytes(copying: content)
      _ = KeyfileCipher.isEncrypted(sealed)
      let opened = try KeyfileCipher.open(
        sealed, password: password, path: path, cost: .minimal)
      try keypair(opened.withBytes { Array($0) })
    case 3:
      let text = String(decoding: content, as: UTF8.self)
      let address = try SS58Address(parsing: text)
      expect(address.description == text, "the address is written as \(address)")
    case 4: try phrase(String(decoding: content, as: UTF8.self))
    case 5:
      let count = [16, 20, 24, 28, 32][content.count % 5]
      guard content.count >= count else { return }
      let made = try Mnemonic(entropy: SecretBytes(copying: content.prefix(count)))
      try phrase(made.phrase)
    case 6:
      let format = UInt16(content.first ?? 0) | UInt16(content.dropFirst().first ?? 0) << 8
      let address = try SS58Address(publicKey: Array(content.dropFirst(2)), format: format)
      expect(try SS58Address(parsing: address.description) == address, "another address")
    default:
      let secret = SecretBytes(copying: content)
      let sealed = try KeyfileCipher.seal(secret, password: password, cost: .minimal)
      guard !content.isEmpty else { return }
      let opened = try KeyfileCipher.open(
        sealed, password: password, path: path, cost: .minimal)
      expect(opened.isEqual(to: secret), "other bytes come out than went in")
    }
  }

  private static func keypair(_ content: [UInt8]) throws {
    let keypair = try Keyfile.keypair(from: SecretBytes(copying: content), path: path)
    let again = try Keyfile.keypair(from: Keyfile.privateContents(of: keypair), path: path)
    expect(again.publicKey == keypair.publicKey, "another key is written")
  }

  private static func phrase(_ text: String) throws {
    let phrase = try Mnemonic(parsing: text)
    expect(
      try Mnemonic(parsing: phrase.phrase).entropy.isEqual(to: phrase.entropy), "another phrase")
  }
}

/// Texts of commitments, extrinsics, eras and numbers: one byte chooses.
enum TextTarget: FuzzTarget {
  static func seeds() throws -> [[UInt8]] {
    let texts: [(UInt8, String)] = [
      (
        0,
        "gd1m:ICEiIyQlJic:yMnKy8zNzs_Q0dLT1NXW19jZ2ts:YrvuZ5StkAEwZPEMuzOMMc1skPbEufUo:alice/model-r12"
      ),
      (
        1,
        "gd1r:12:360:yMnKy8zNzs_Q0dLT1NXW19jZ2ts:5ufo6err7O3u7_Dx8vP09fb3-Pn6-_z9:coordinator/dama"
      ),
      (4, "AA_-"), (5, "0x00ff"), (6, "0xff"), (7, "\u{1B}[31m\"a\\"),
    ]
    var seeds = texts.map { [$0.0] + Array($0.1.utf8) } + [[3, 0], [3, 0x35, 0]]
    for item in try Runtimes.json("extrinsics.json")["cases"]?.arrayValue ?? [] {
      if let bytes = item["extrinsic"]?.stringValue.flatMap(HexBytes.bytes) {
        seeds.append([2] + bytes)
      }
    }
    return seeds
  }

  static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let choice = input.byte() % 8
    let content = input.rest()
    let text = String(decoding: content, as: UTF8.self)
    switch choice {
    case 0: expect(try SubmissionCommitment(parsing: content).encoded() == content, "other text")
    case 1: expect(try AnnouncementCommitment(parsing: content).encoded() == content, "other text")
    case 2:
      let extrinsic = try BlockExtrinsic(content)
      _ = extrinsic.version
      _ = extrinsic.signer?.description
      _ = try extrinsic.hash
    case 3: try era(content)
    case 4:
      guard let decoded = Base64URL.decode(text) else { return }
      expect(Base64URL.encode(decoded) == text, "another text of the same bytes")
    case 5:
      guard let decoded = HexBytes.bytes(text) else { return }
      expect(HexBytes.text(decoded) == text.lowercased(), "another text of the same bytes")
    case 6:
      guard let number = HexBytes.number(text) else { return }
      let digits = text.lowercased().dropFirst(2).drop { $0 == "0" }
      expect(String(number, radix: 16) == (digits.isEmpty ? "0" : digits), "another number")
    default:
      let quoted = text.quoted(limit: 40)
      expect(!quoted.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a control character is shown")
    }
  }

  private static func era(_ content: [UInt8]) throws {
    var reader = ScaleReader(content)
    let era = try Era(from: &reader)
    expect(era.encoded == Array(content.prefix(reader.offset)), "the era is written otherwise")
    let rest = try reader.take(min(reader.remaining, 8))
    let block = rest.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    for block in [block, .max - block] {
      _ = era.lastValidBlock(at: block)
      expect(era.birth(at: block) <= max(block, 65_536), "an era begins after its block")
      _ = Era(period: block, at: .max - block).encoded
    }
  }
}

/// JSON: what is read is written as a text that reads as the same.
enum JSONTarget: FuzzTarget {
  static func seeds() throws -> [[UInt8]] {
    let texts = [
      #"{"jsonrpc":"2.0","id":1,"result":{"a":[1,-0,18446744073709551615,1e-5,1.5E+30,true,null]}}"#,
      #"["\u0041\ud83d\ude00\n\"\\\/","é",{},[],[[[]]],-9223372036854775808,0.1]"#,
      #"{"a":1,"a":2,"":{" ":[false]}}"#, "null", " 12 ",
    ]
    return texts.map { Array($0.utf8) }
  }

  static func run(_ bytes: [UInt8]) throws {
    let value = try JSONValue.parse(
      bytes, source: "input", limits: JSONLimits(depth: 64, bytes: 1 << 20, values: 100_000))
    let text = value.encoded()
    for other in [text, value.encoded(pretty: true)] {
      let again = try readable(other)
      expect(again.encoded() == text, "it is written otherwise the second time")
    }
    _ = try readable(value.encoded(pretty: true, sortedKeys: true))
    if let object = value.objectValue {
      for key in object.keys.prefix(16) { expect(value[key] != nil, "a key is not found") }
      _ = object.hasDuplicateKeys
    }
    for item in [value] + (value.arrayValue ?? []).prefix(16) {
      _ = (item.intValue, item.doubleValue, item.boolValue, item.stringValue, item.kindName)
    }
  }

  private static func readable(_ text: String) throws -> JSONValue {
    do {
      return try JSONValue.parse(text, source: "text")
    } catch {
      preconditionFailure("what was written cannot be read: \(error)")
    }
  }
}
