import Foundation
import GenkiChain
import GenkiCore
import GenkiNode
import GenkiService
import Synchronization
import TestSupport
import Testing

@Suite("A daemon's hotkey")
struct HotkeyOpenerTests {
  let folder: TemporaryFolder
  let hotkey: Keypair
  var section: WalletSection

  init() throws {
    folder = try TemporaryFolder()
    hotkey = try Keypair(mnemonic: .generate())
    section = MinerConfiguration(defaults: DefaultPaths(role: .miner, environment: [:])).wallet
    section.path = folder.file("wallets")
    let wallet = try Wallet(basePath: folder.file("wallets"), name: "default")
    try wallet.createHotkey(hotkey, name: "default")
    try wallet.createHotkey(
      hotkey, name: "enc", password: SecretBytes(copying: "sesame".utf8), cost: .minimal)
  }

  private func opener(_ environment: [String: String] = [:]) throws -> HotkeyOpener {
    try HotkeyOpener(section, environment: environment, cost: .minimal)
  }

  private func file(_ text: String, _ name: String, mode: Int) throws -> String {
    let path = try folder.write(text, to: name)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func open(_ opener: HotkeyOpener) throws -> (signer: KeypairSigner, sent: [String]) {
    let box = Box()
    let notifier = ServiceNotifier(send: { message in box.add(message) })
    let logger = DaemonLog(environment: [:]).logger("wallet")
    return (try opener.open(logger: logger, notifier: notifier), box.all)
  }

  private final class Box: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test func aPlainHotkeyNeedsNothing() throws {
    let (signer, sent) = try open(opener())
    #expect(signer.address == (try hotkey.address))
    #expect(sent.isEmpty)
    #expect(try opener().look(opens: true).contains("not encrypted"))
  }

  @Test func anEncryptedHotkeyOpensWithThePasswordFile() throws {
    var test = self
    test.section.hotkey = "enc"
    test.section.passwordFile = try file("sesame\n", "pw", mode: 0o600)
    let (signer, sent) = try test.open(test.opener())
    #expect(signer.address == (try hotkey.address))
    #expect(sent.first == "EXTEND_TIMEOUT_USEC=300000000")
    #expect(sent.contains("STATUS=decrypting the hotkey"))
    let look = try test.opener().look(opens: false)
    #expect(look.contains("encrypted; the password is in"))
    #expect(look.contains("--open-hotkey"))
    #expect(look.contains(try hotkey.address.description))
    #expect(try test.opener().look(opens: true).contains("and opens it"))
  }

  /// systemd lets the daemon's user in by an access list, which shows as mode 0440.
  @Test(arguments: [0o400, 0o440, 0o600]) func theCredentialOfSystemdIsTaken(mode: Int) throws {
    var test = self
    test.section.hotkey = "enc"
    _ = try file("sesame", "credentials/wallet-password", mode: mode)
    let environment = ["CREDENTIALS_DIRECTORY": folder.file("credentials")]
    #expect(try test.opener(environment).look(opens: true).contains("opens it"))
    // Named in the configuration it is the same file.
    test.section.passwordFile = folder.file("credentials/wallet-password")
    #expect(try test.opener(environment).look(opens: true).contains("opens it"))
  }

  @Test(arguments: [0o640, 0o604, 0o644]) func aPasswordThatOthersCanReadIsRefused(
    mode: Int
  ) throws {
    var test = self
    test.section.hotkey = "enc"
    test.section.passwordFile = try file("sesame", "pw", mode: mode)
    #expect(throws: WalletError.self) { try test.opener().look(opens: false) }
    #expect(throws: WalletError.self) { try test.open(test.opener()) }
  }

  @Test func whatIsMissingOrWrongIsNamed() throws {
    var test = self
    test.section.hotkey = "enc"
    let path = folder.file("wallets/default/hotkeys/enc")
    #expect(throws: SecretError.hotkeyLocked(path: path)) { try test.opener().look(opens: false) }
    let empty = ["CREDENTIALS_DIRECTORY": folder.file("nowhere")]
    #expect(throws: SecretError.hotkeyLocked(path: path)) { try test.open(test.opener(empty)) }
    test.section.passwordFile = try file("sesam\n", "pw", mode: 0o600)
    let wrong = SecretError.wrongPassword(path: path, source: folder.file("pw"))
    #expect(throws: wrong) { try test.open(test.opener()) }
    #expect(wrong.kind == .notPermitted)
    test.section.passwordFile = try file("\n", "none", mode: 0o600)
    #expect(throws: SecretError.self) { try test.open(test.opener()) }
    test.section.passwordFile = folder.file("absent")
    #expect(throws: SecretError.missing(path: folder.file("absent"))) {
      try test.open(test.opener())
    }
    // A pipe must not hold up a start.
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    test.section.passwordFile = folder.file("pipe")
    #expect(throws: WalletError.notAFile(path: folder.file("pipe"))) {
      try test.open(test.opener())
    }
  }
}
