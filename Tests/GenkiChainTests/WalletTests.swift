import Foundation
import GenkiChain
import GenkiCore
import TestSupport
import Testing

@Suite("Wallets")
struct WalletTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A copy of a reference wallet with the modes that the wallet program gave it.
  private func referenceWallet(_ name: String) throws -> Wallet {
    let target = folder.file(name)
    try FileManager.default.copyItem(
      atPath: Vectors.path("bittensor/wallets/\(name)"), toPath: target)
    for file in ["coldkey", "coldkeypub.txt", "hotkeys/hk1", "hotkeys/hk1pub.txt"] {
      try setMode(0o600, of: "\(target)/\(file)")
    }
    return try Wallet(basePath: folder.path, name: name)
  }

  private func reference(_ name: String) throws -> JSONValue {
    let all = try BittensorVectors.cases("wallets.json", "wallets")
    return try #require(all.first { $0["name"]?.stringValue == name })
  }

  private func setMode(_ mode: Int, of path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  private func mode(of path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? NSNumber).intValue
  }

  private func freshWallet(password: String? = nil) throws -> (Wallet, Keypair, Keypair) {
    let wallet = try Wallet(basePath: folder.file("base"), name: "mine")
    let coldkey = try Keypair(mnemonic: .generate())
    let hotkey = try Keypair(mnemonic: .generate())
    try wallet.create(
      coldkey: coldkey, hotkey: hotkey, hotkeyName: "first",
      password: password.map { SecretBytes(copying: $0.utf8) }, cost: .minimal)
    return (wallet, coldkey, hotkey)
  }

  @Test(arguments: ["plain", "enc"]) func thePublicHalvesOfReferenceWalletsAreRead(
    name: String
  ) throws {
    let wallet = try referenceWallet(name)
    let expected = try reference(name)
    let hotkey = try wallet.hotkey("hk1")
    #expect(hotkey.publicKey == BittensorVectors.bytes(expected["hotkey_public"]))
    #expect(hotkey.mnemonic?.phrase == expected["hotkey_mnemonic"]?.stringValue)
    #expect(try wallet.hotkeyNames() == ["hk1"])
    #expect(
      try wallet.hotkeyAddress("hk1").description == expected["hotkey_ss58"]?.stringValue)
    #expect(try wallet.coldkeyAddress().description == expected["coldkey_ss58"]?.stringValue)
    let isEncrypted = expected["coldkey_encrypted"]?.boolValue == true
    #expect(try wallet.coldkeyState() == (isEncrypted ? .encrypted : .plain))
    #expect(try wallet.hotkeyState("hk1") == .plain)
    #expect(try wallet.hotkeyState("hk2") == .absent)
    #expect(try Wallet.names(inBase: folder.path) == [name])
  }

  @Test func aPlainReferenceColdkeyIsRead() throws {
    let coldkey = try referenceWallet("plain").coldkey(password: nil)
    let expected = try reference("plain")
    #expect(coldkey.publicKey == BittensorVectors.bytes(expected["coldkey_public"]))
    #expect(coldkey.mnemonic?.phrase == expected["coldkey_mnemonic"]?.stringValue)
  }

  @Test func anEncryptedReferenceColdkeyOpensWithItsPassword() throws {
    let wallet = try referenceWallet("enc")
    let expected = try reference("enc")
    #expect(throws: WalletError.encrypted(path: wallet.coldkeyPath)) {
      try wallet.coldkey(password: nil)
    }
    let password = try #require(expected["password"]?.stringValue)
    let coldkey = try wallet.coldkey(password: SecretBytes(copying: password.utf8))
    #expect(coldkey.publicKey == BittensorVectors.bytes(expected["coldkey_public"]))
    #expect(coldkey.mnemonic?.phrase == expected["coldkey_mnemonic"]?.stringValue)
  }

  @Test func aCreatedWalletHasTheReferenceLayoutModesAndFields() throws {
    let (wallet, coldkey, hotkey) = try freshWallet()
    #expect(try mode(of: folder.file("base")) == 0o700)
    #expect(try mode(of: wallet.path) == 0o700)
    #expect(try mode(of: wallet.path + "/hotkeys") == 0o700)
    let files = [
      "coldkey": "plain/coldkey", "coldkeypub.txt": "plain/coldkeypub.txt",
      "hotkeys/first": "plain/hotkeys/hk1", "hotkeys/firstpub.txt": "plain/hotkeys/hk1pub.txt",
    ]
    for (file, twin) in files {
      let path = "\(wallet.path)/\(file)"
      #expect(try mode(of: path) == 0o600)
      let twinPath = Vectors.path("bittensor/wallets/\(twin)")
      let mine = try JSONValue.parse(TextFile.readBytes(path, sizeLimit: 4096), source: path)
      let theirs = try JSONValue.parse(
        TextFile.readBytes(twinPath, sizeLimit: 4096), source: twinPath)
      for key in try #require(theirs.objectValue).keys {
        let length = try #require(theirs[key]?.stringValue).count
        if key != "secretPhrase" { #expect(mine[key]?.stringValue?.count == length, "\(key)") }
      }
      #expect(
        Set(try #require(mine.objectValue).keys) == Set(try #require(theirs.objectValue).keys))
    }
    // Nothing else was left behind, hidden files included.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("base")) == ["mine"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: wallet.path).sorted()
        == ["coldkey", "coldkeypub.txt", "hotkeys"])
    #expect(try wallet.coldkey(password: nil).publicKey == coldkey.publicKey)
    #expect(try wallet.hotkey("first").publicKey == hotkey.publicKey)
    #expect(try wallet.coldkeyAddress() == coldkey.address)
  }

  @Test func anEncryptedWalletOpensWithItsPasswordOnly() throws {
    let (wallet, coldkey, _) = try freshWallet(password: "open sesame")
    let bytes = try TextFile.readBytes(wallet.coldkeyPath, sizeLimit: 4096)
    #expect(bytes.starts(with: "$NACL".utf8))
    #expect(try wallet.coldkeyState() == .encrypted)
    let right = SecretBytes(copying: "open sesame".utf8)
    #expect(try wallet.coldkey(password: right, cost: .minimal).publicKey == coldkey.publicKey)
    #expect(throws: WalletError.wrongPassword(path: wallet.coldkeyPath)) {
      try wallet.coldkey(password: SecretBytes(copying: "open sesam".utf8), cost: .minimal)
    }
    // One changed byte anywhere is noticed; a file cut short too.
    for place in [5, 29, 60, bytes.count - 1] {
      var changed = bytes
      changed[place] ^= 1
      try Data(changed).write(to: URL(filePath: wallet.coldkeyPath))
      #expect(throws: WalletError.wrongPassword(path: wallet.coldkeyPath)) {
        try wallet.coldkey(password: right, cost: .minimal)
      }
    }
    try Data(bytes[..<45]).write(to: URL(filePath: wallet.coldkeyPath))
    #expect(throws: WalletError.self) { try wallet.coldkey(password: right, cost: .minimal) }
  }

  @Test func nothingIsEverOverwritten() throws {
    let (wallet, coldkey, hotkey) = try freshWallet()
    let before = try TextFile.readBytes(wallet.coldkeyPath, sizeLimit: 4096)
    let other = try Keypair(mnemonic: .generate())
    #expect(throws: WalletError.exists(path: wallet.path)) {
      try wallet.create(coldkey: other, hotkey: other, hotkeyName: "second", password: nil)
    }
    #expect(throws: WalletError.exists(path: try wallet.hotkeyPath("first"))) {
      try wallet.createHotkey(other, name: "first")
    }
    // A public half that is there alone belongs to a key that is kept elsewhere.
    try FileManager.default.moveItem(
      atPath: wallet.hotkeyPath("first"), toPath: folder.file("kept"))
    #expect(throws: WalletError.exists(path: try wallet.hotkeyPublicPath("first"))) {
      try wallet.createHotkey(other, name: "first")
    }
    try FileManager.default.moveItem(
      atPath: folder.file("kept"), toPath: wallet.hotkeyPath("first"))
    #expect(try TextFile.readBytes(wallet.coldkeyPath, sizeLimit: 4096) == before)
    #expect(try wallet.coldkey(password: nil).publicKey == coldkey.publicKey)
    #expect(try wallet.hotkey("first").publicKey == hotkey.publicKey)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("base")) == ["mine"])
  }

  @Test func aSecondHotkeyIsAdded() throws {
    let (wallet, _, _) = try freshWallet()
    let second = try Keypair(mnemonic: .generate(wordCount: 24))
    try wallet.createHotkey(second, name: "second")
    #expect(try wallet.hotkeyNames() == ["first", "second"])
    #expect(try wallet.hotkeyAddress("second") == second.address)
  }

  @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o620])
  func aSecretThatOthersCanReachIsRefused(mode: Int) throws {
    let wallet = try referenceWallet("plain")
    let path = try wallet.hotkeyPath("hk1")
    try setMode(mode, of: path)
    #expect(throws: WalletError.exposed(path: path, mode: UInt32(0o100000 | mode))) {
      try wallet.hotkey("hk1")
    }
    try setMode(mode, of: wallet.coldkeyPath)
    #expect(throws: WalletError.self) { try wallet.coldkey(password: nil) }
    #expect(try wallet.coldkeyState() == .exposed)
    // The public halves are for everybody.
    try setMode(0o644, of: wallet.coldkeyPublicPath)
    #expect(throws: Never.self) { try wallet.coldkeyAddress() }
  }

  @Test(arguments: [
    ("", "not JSON"), ("[]", "not a JSON object"), ("{}", "none of"),
    ("{\"secretSeed\":5}", "not a text"),
    ("{\"secretSeed\":\"0x12\"}", "not 32 bytes"),
    ("{\"secretSeed\":\"\(String(repeating: "zz", count: 32))\"}", "not 32 bytes"),
    ("{\"a\\u0062\":1}", "backslash"), ("{\"a\":1,\"a\":1}", "twice"), ("{\"a\":1", "not JSON"),
    ("{\"a\":tru}", "not JSON"), ("{\"a\":1}}", "not JSON"), ("{\"a\" 1}", "not JSON"),
    ("{\"a\":\"\u{1}\"}", "not JSON"), ("{\"a\":1e}", "not JSON"),
    ("{\"a\":\(String(repeating: "[", count: 40))", "too deeply"),
    ("{\"\(String(repeating: "a", count: 65))\":1}", "too long"),
    ("{\((0..<65).map { "\"f\($0)\":0" }.joined(separator: ","))}", "too many"),
    ("{\"secretPhrase\":\"one two\"}", "2 words"),
    ("{\"privateKey\":\"0x\(String(repeating: "00", count: 64))\"}", "zero"),
    ("{\"cryptoType\":0,\"secretSeed\":\"0x\(String(repeating: "01", count: 32))\"}", "sr25519"),
    (
      "{\"publicKey\":\"0x\(String(repeating: "01", count: 32))\",\"secretSeed\":\"0x\(String(repeating: "01", count: 32))\"}",
      "'publicKey' does not belong"
    ),
    (
      "{\"ss58Address\":\"5Dkniupom9VayfXwwwVMC5iw4CRKkF49VWPuapETCRBDMG4u\",\"secretSeed\":\"0x\(String(repeating: "01", count: 32))\"}",
      "'ss58Address' does not belong"
    ),
    ("gAAAAABl", "Fernet"), ("$ANSIBLE_VAULT;1.1;AES256", "Ansible Vault"),
    (String(repeating: " ", count: 65537), "the limit is 65536"),
  ]) func aDamagedHotkeyIsRefusedWithAReason(contents: String, reason: String) throws {
    let wallet = try referenceWallet("plain")
    let path = try wallet.hotkeyPath("hk1")
    try Data(contents.utf8).write(to: URL(filePath: path))
    try setMode(0o600, of: path)
    do {
      _ = try wallet.hotkey("hk1")
      Issue.record("the file was accepted")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
    }
  }

  @Test(arguments: ["", ".", "..", ".hidden", "a/b", "a b", "é", "xpub.txt", "a\0b"])
  func aNameThatCannotBeAFileIsRefused(name: String) {
    #expect(throws: WalletError.self) { try Wallet(basePath: folder.path, name: name) }
  }

  @Test func namesHaveALimit() throws {
    _ = try Wallet(basePath: folder.path, name: String(repeating: "a", count: 64))
    #expect(throws: WalletError.self) {
      try Wallet(basePath: folder.path, name: String(repeating: "a", count: 65))
    }
  }

  @Test func missingAndStrangeFilesAreNamed() throws {
    let wallet = try Wallet(basePath: folder.path, name: "absent")
    #expect(throws: WalletError.missing(path: wallet.coldkeyPublicPath)) {
      try wallet.coldkeyAddress()
    }
    #expect(try Wallet.names(inBase: folder.file("nowhere")) == [])
    try FileManager.default.createDirectory(
      atPath: wallet.path + "/hotkeys/folder", withIntermediateDirectories: true)
    #expect(throws: WalletError.notAFile(path: try wallet.hotkeyPath("folder"))) {
      try wallet.hotkey("folder")
    }
    #expect(mkfifo(try wallet.hotkeyPath("pipe"), 0o600) == 0)
    #expect(throws: WalletError.notAFile(path: try wallet.hotkeyPath("pipe"))) {
      try wallet.hotkey("pipe")
    }
  }
}
