import Foundation
import GenkiChain
import GenkiCore
import TestSupport
import Testing

@Suite("Keys that are added to wallets")
struct WalletImportTests {
  let folder: TemporaryFolder
  let wallet: Wallet

  init() throws {
    folder = try TemporaryFolder()
    wallet = try Wallet(basePath: folder.file("base"), name: "mine")
  }

  private func password(_ text: String) -> SecretBytes { SecretBytes(copying: text.utf8) }

  @Test func anEncryptedHotkeyOpensWithItsPasswordOnly() throws {
    let hotkey = try Keypair(mnemonic: .generate())
    try wallet.createHotkey(hotkey, name: "h", password: password("sesame"), cost: .minimal)
    #expect(try wallet.hotkeyState("h") == .encrypted)
    #expect(try Wallet.isEncrypted(keyfile: wallet.hotkeyPath("h")))
    #expect(try wallet.hotkeyAddress("h") == hotkey.address)
    let path = try wallet.hotkeyPath("h")
    #expect(throws: WalletError.encrypted(path: path)) { try wallet.hotkey("h") }
    #expect(throws: WalletError.wrongPassword(path: path)) {
      try wallet.hotkey("h", password: password("sesam"), cost: .minimal)
    }
    let opened = try wallet.hotkey("h", password: password("sesame"), cost: .minimal)
    #expect(opened.publicKey == hotkey.publicKey)
    #expect(opened.mnemonic?.phrase == hotkey.mnemonic?.phrase)
  }

  @Test func aPublicHalfThatIsThereMustBelongToTheKey() throws {
    let (coldkey, other) = (
      try Keypair(mnemonic: .generate()), try Keypair(mnemonic: .generate())
    )
    try wallet.createColdkey(coldkey, password: nil)
    #expect(throws: WalletError.exists(path: wallet.coldkeyPath)) {
      try wallet.createColdkey(coldkey, password: nil)
    }
    try FileManager.default.removeItem(atPath: wallet.coldkeyPath)
    #expect(throws: WalletError.exists(path: wallet.coldkeyPublicPath)) {
      try wallet.requireRoom(for: other, hotkeyName: nil)
    }
    #expect(throws: WalletError.exists(path: wallet.coldkeyPublicPath)) {
      try wallet.createColdkey(other, password: nil)
    }
    #expect(!FileManager.default.fileExists(atPath: wallet.coldkeyPath))
    try wallet.createColdkey(coldkey, password: password("p"), cost: .minimal)
    #expect(try wallet.coldkeyState() == .encrypted)
    #expect(try FileManager.default.contentsOfDirectory(atPath: wallet.path).count == 2)
  }

  @Test func fieldsOfNewerProgramsAreSkipped() throws {
    let seed = String(repeating: "01", count: 32)
    let text = """
      { "cryptoType" : 1 , "meta": {"a": [1, 2.5, {"b": null}], "c": true}, "secretPhrase": null,
        "createdAt": -1.5e3, "secretSeed": "0x\(seed)" }
      """
    let path = try folder.write(text, to: "key")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let expected = try Keypair(seed: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
    #expect(try Wallet.keypair(atKeyfile: path, password: nil).publicKey == expected.publicKey)
  }

  @Test func phrasesGoThroughBytesUnchanged() throws {
    for count in Mnemonic.wordCounts {
      let mnemonic = try Mnemonic.generate(wordCount: count)
      let text = mnemonic.phraseBytes
      #expect(text.array == Array(mnemonic.phrase.utf8))
      #expect(try Mnemonic(parsing: text).entropy.isEqual(to: mnemonic.entropy))
    }
  }

  @Test(
    arguments: [
      ("0x00ff", 2, [0, 255]), (" 00FF\n", 2, [0, 255]), ("0x00f", 2, nil), ("0x", 0, []),
      ("00gg", 2, nil), ("0x00ff", 3, nil), ("", 1, nil), ("0x 0ff", 2, nil),
    ] as [(String, Int, [UInt8]?)])
  func hexadecimalIsReadExactly(text: String, count: Int, bytes: [UInt8]?) {
    #expect(SecretBytes.hexadecimal(SecretBytes(copying: text.utf8), count: count)?.array == bytes)
  }

  @Test func aSignerKeepsThePrivateKeyAndSignsAsThePair() throws {
    let keypair = try Keypair(mnemonic: .generate())
    let signature = try KeypairSigner(keypair).signature(over: [1, 2, 3])
    #expect(signature == (try Sr25519.sign([1, 2, 3], with: keypair)))
  }
}
