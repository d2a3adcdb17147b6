import Foundation
import GenkiCore
import TestSupport
import Testing

@Suite("wallet import")
struct WalletImportCommandTests {
  static let phrase = "solar cup napkin solid original dress dog amateur involve sphere delay six"
  static let address = "5GzxhWzAFiozvncdfuQXrsKAYVun8GFuGk1pV4qxzUEGh5o7"
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var base: String { folder.file("wallets") }

  private func load(_ arguments: [String], input: String = "") throws -> ProgramRun {
    try ProgramRun("genki-minerd", ["wallet", "import", "--path", base] + arguments, input: input)
  }

  private func secret(_ text: String, _ name: String = "secret", mode: Int = 0o600) throws -> String
  {
    let path = try folder.write(text, to: name)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  /// A copy of a key file that Bittensor's wallet program has written.
  private func reference(_ name: String, mode: Int = 0o600) throws -> String {
    let path = folder.file(name.replacing("/", with: "-"))
    try FileManager.default.copyItem(
      atPath: Vectors.path("bittensor/wallets/\(name)"), toPath: path)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private static func vectors(_ key: String) throws -> [JSONValue] {
    let path = Vectors.path("bittensor/sr25519.json")
    let all = try JSONValue.parse(TextFile.readBytes(path, sizeLimit: 1 << 20), source: path)
    return try #require(all[key]?.arrayValue)
  }

  @Test func phrasesGiveTheAddressesOfTheReference() throws {
    let cases = try Self.vectors("mnemonics").filter { $0["password"]?.stringValue == "" }
    #expect(cases.count >= 3)
    for (index, item) in cases.enumerated() {
      let phrase = try #require(item["mnemonic"]?.stringValue)
      let run = try load(["--hotkey", "m\(index)", "--json"], input: "\(phrase)\n")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try run.document()["ss58"] == item["ss58"])
      #expect(try run.document()["encrypted"]?.boolValue == false)
      for word in phrase.split(separator: " ") where word.count > 6 {
        #expect(!run.output.contains(word) && !run.errors.contains(word))
      }
    }
  }

  @Test func seedsGiveTheAddressesOfTheReference() throws {
    for (index, item) in try Self.vectors("seeds").enumerated() {
      let path = try secret(try #require(item["seed"]?.stringValue) + "\n")
      let run = try load(
        ["--hotkey", "s\(index)", "--from", "seed", "--secret-file", path, "--json"])
      #expect(run.status == 0, "\(run.errors)")
      #expect(try run.document()["ss58"] == item["ss58"])
      let privateKey = try #require(item["secret64"]?.stringValue)
      let other = try load(
        [
          "--hotkey", "p\(index)", "--from", "private-key", "--secret-fd", "0", "--json",
          "--expect", try #require(item["ss58"]?.stringValue),
        ], input: privateKey)
      #expect(other.status == 0, "\(other.errors)")
    }
  }

  @Test func aColdkeyJoinsItsPublicHalfAndNoOther() throws {
    let target = folder.file("wallets/alice")
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Vectors.path("bittensor/wallets/plain/coldkeypub.txt"),
      toPath: "\(target)/coldkeypub.txt")
    let wrong = try load(
      ["--name", "alice", "--coldkey", "--no-password"],
      input: "bottom drive obey lake curtain smoke basket hold race lonely fit walk\n")
    #expect(wrong.status == ErrorKind.cannotCreate.rawValue)
    #expect(wrong.errors.contains("coldkeypub.txt"), "\(wrong.errors)")
    let right = try load(
      ["--name", "alice", "--coldkey", "--no-password", "--expect", Self.address],
      input: Self.phrase)
    #expect(right.status == 0, "\(right.errors)")
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(target)/coldkey")
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let again = try load(["--name", "alice", "--coldkey", "--no-password"], input: Self.phrase)
    #expect(again.status == ErrorKind.cannotCreate.rawValue)
    #expect(again.errors.contains("never overwritten"))
  }

  @Test func keyFilesOfBittensorAreImported() throws {
    let plain = try load([
      "--hotkey", "hk", "--keyfile", reference("plain/hotkeys/hk1"), "--json",
    ])
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(
      try plain.document()["ss58"]?.stringValue
        == "5F9MAXstNjWzEt6sh6hQ6ve9ThTwP4LuVACnwVEiZ9pCUmBU")
    let password = try secret("correct horse battery\n", "password")
    let encrypted = try load([
      "--coldkey", "--no-password", "--keyfile", reference("enc/coldkey"),
      "--keyfile-password-file", password, "--json",
    ])
    #expect(encrypted.status == 0, "\(encrypted.errors)")
    #expect(try encrypted.document()["ss58"]?.stringValue == Self.address)
    let exposed = try load(["--hotkey", "x", "--keyfile", reference("plain/coldkey", mode: 0o644)])
    #expect(exposed.status == ErrorKind.notPermitted.rawValue)
    #expect(exposed.errors.contains("chmod 600"))
  }

  @Test func anEncryptedHotkeySignsWithItsPasswordOnly() throws {
    let password = try secret("open sesame\n", "password")
    let made = try load(
      ["--hotkey", "enc", "--password-file", password, "--json"], input: Self.phrase)
    #expect(made.status == 0, "\(made.errors)")
    #expect(try made.document()["encrypted"]?.boolValue == true)
    let sign = ["wallet", "sign", "--path", base, "--hotkey", "enc", "--message", "hello"]
    let signed = try ProgramRun("genki-minerd", sign + ["--password-file", password, "--json"])
    #expect(signed.status == 0, "\(signed.errors)")
    #expect(try signed.document()["address"]?.stringValue == Self.address)
    let wrong = try ProgramRun("genki-minerd", sign + ["--password-fd", "0"], input: "open\n")
    #expect(wrong.status == ErrorKind.notPermitted.rawValue)
    #expect(wrong.output.isEmpty)
  }

  @Test(arguments: [
    ("", "empty"), ("one two\n", "2 words"),
    ("solar cup napkin solid original dress dog amateur involve sphere delay sic\n", "word 12"),
    ("solar cup napkin solid original dress dog amateur involve sphere delay zoo\n", "checksum"),
    ("SOLAR cup napkin solid original dress dog amateur involve sphere delay six\n", "word 1 "),
    (String(repeating: "a", count: 5000), "longer than 4096"),
  ]) func aWrongPhraseIsNamedAndNothingIsWritten(phrase: String, says: String) throws {
    let run = try load(["--hotkey", "h"], input: phrase)
    #expect(run.status == ErrorKind.invalidData.rawValue)
    #expect(run.errors.contains(says), "\(run.errors)")
    #expect(!run.errors.contains("napkin"))
    #expect(!FileManager.default.fileExists(atPath: base))
  }

  @Test(arguments: [
    ([], ErrorKind.usage, "one of --coldkey and --hotkey"),
    (["--coldkey", "--hotkey", "a"], .usage, "one of --coldkey and --hotkey"),
    (["--hotkey", "a", "--from", "seed"], .invalidData, "64 digits"),
    (["--hotkey", "a", "--from", "private-key"], .invalidData, "128 digits"),
    (["--hotkey", "a", "--secret-fd", "0", "--secret-file", "b"], .usage, "one of"),
    (["--hotkey", "a", "--secret-fd", "77"], .inputOutput, "Bad file descriptor"),
    (["--hotkey", "a", "--secret-file", "absent"], .invalidData, "no such file"),
    (["--hotkey", "a", "--password-fd", "0"], .usage, "two secrets"),
    (["--hotkey", "a", "--keyfile-password-fd", "0"], .usage, "needs --keyfile"),
    (["--hotkey", "a", "--encrypt", "--no-password"], .usage, "one of"),
    (["--hotkey", "../a"], .usage, "starts with a point"),
    (["--hotkey", "a", "--expect", address.lowercased()], .invalidData, "address"),
    (
      ["--hotkey", "a", "--expect", "5F9MAXstNjWzEt6sh6hQ6ve9ThTwP4LuVACnwVEiZ9pCUmBU"], .usage,
      "nothing was written"
    ),
  ]) func aWrongOptionIsNamed(options: [String], kind: ErrorKind, says: String) throws {
    let run = try load(options, input: Self.phrase)
    #expect(run.status == kind.rawValue, "\(run.errors)")
    #expect(run.errors.contains(says), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: base))
  }

  @Test func aSecretThatOthersCanReachIsRefused() throws {
    for mode in [0o644, 0o640, 0o602] {
      let run = try load(["--hotkey", "a", "--secret-file", secret(Self.phrase, mode: mode)])
      #expect(run.status == ErrorKind.notPermitted.rawValue)
      #expect(run.errors.contains("chmod 600"), "\(run.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: base))
  }
}
