import Foundation
import GenkiCore
import TestSupport
import Testing

@Suite("wallet create and wallet show")
struct WalletCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var base: String { folder.file("wallets") }

  private func create(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun("genki-minerd", ["wallet", "create", "--path", base] + arguments)
  }

  private func passwordFile(_ password: String, mode: Int = 0o600) throws -> String {
    let path = try folder.write(password, to: "password")
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  @Test func aPlainWalletIsMadeShownAndNeverOverwritten() throws {
    let made = try create("--name", "alice", "--hotkey", "miner", "--no-password", "--json")
    #expect(made.status == 0, "\(made.errors)")
    let document = try made.document()
    #expect(document["coldkey_encrypted"]?.boolValue == false)
    #expect(document["coldkey_mnemonic"] == nil)
    let shown = try ProgramRun("genki-minerd", ["wallet", "show", "--path", base, "--json"])
    let wallet = try shown.document()["wallets"]?.arrayValue?.first
    #expect(wallet?["coldkey_ss58"] == document["coldkey_ss58"])
    #expect(wallet?["hotkeys"]?.arrayValue?.first?["ss58"] == document["hotkey_ss58"])
    let again = try create("--name", "alice", "--hotkey", "miner", "--no-password")
    #expect(again.status == ErrorKind.cannotCreate.rawValue)
    #expect(again.errors.contains("never overwritten"))
    #expect(again.output.isEmpty)
  }

  @Test func phrasesAreShownOnRequestOnly() throws {
    let silent = try create("--name", "a", "--no-password")
    #expect(silent.status == 0)
    #expect(!silent.output.contains("phrases"))
    #expect(silent.errors.contains("--show-mnemonic"))
    let shown = try create("--name", "b", "--no-password", "--show-mnemonic", "--words", "24")
    let phrases = shown.output.split(separator: "\n").filter {
      $0.split(separator: " ").count == 25
    }
    #expect(phrases.count == 2)
  }

  @Test func aHotkeyIsAdded() throws {
    #expect(try create("--no-password").status == 0)
    let added = try create("--hotkey", "second", "--hotkey-only", "--json")
    #expect(added.status == 0, "\(added.errors)")
    let shown = try ProgramRun("genki-minerd", ["wallet", "show", "--path", base])
    #expect(shown.output.contains("hotkey default"))
    #expect(shown.output.contains("hotkey second"))
  }

  @Test func aPasswordFileEncryptsTheColdkey() throws {
    let path = try passwordFile("correct horse\n")
    let made = try create("--name", "enc", "--password-file", path, "--json")
    #expect(made.status == 0, "\(made.errors)")
    #expect(try made.document()["coldkey_encrypted"]?.boolValue == true)
    let shown = try ProgramRun(
      "genki-minerd", ["wallet", "show", "--path", base, "--name", "enc", "--json"])
    let wallet = try shown.document()["wallets"]?.arrayValue?.first
    #expect(wallet?["coldkey_secret"]?.stringValue == "encrypted")
  }

  @Test(arguments: [
    (["--password-file", "/nonexistent/password"], ErrorKind.invalidData, "no such file"),
    (["--password-fd", "77"], .inputOutput, "Bad file descriptor"),
    (["--no-password", "--password-fd", "0"], .usage, "one of"),
    (["--no-password", "--words", "13"], .usage, "12, 15, 18, 21 or 24"),
    (["--no-password", "--name", "a/b"], .usage, "not allowed"),
    (["--no-password", "--hotkey", ".."], .usage, "starts with a point"),
    (["--no-password", "--hotkey-only"], .usage, "not encrypted"),
    (["--hotkey-only", "--name", "absent"], .invalidData, "no such file"),
  ]) func aWrongOptionIsNamed(options: [String], kind: ErrorKind, says: String) throws {
    let run = try ProgramRun("genki-minerd", ["wallet", "create", "--path", base] + options)
    #expect(run.status == kind.rawValue)
    #expect(run.errors.contains(says), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: base))
  }

  @Test(arguments: [
    ("short\n", 0o600, "at least 8"), ("", 0o600, "0 characters"),
    ("long enough\n", 0o644, "chmod 600"),
  ])
  func aPoorPasswordFileIsRefused(password: String, mode: Int, says: String) throws {
    let path = try passwordFile(password, mode: mode)
    let run = try create("--password-file", path)
    #expect(run.status != 0)
    #expect(run.errors.contains(says), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: base))
  }

  @Test func aWalletThatIsNotThereIsNamed() throws {
    let all = try ProgramRun("genki-minerd", ["wallet", "show", "--path", base])
    #expect(all.status == 0)
    #expect(all.output.contains("no wallets"))
    let one = try ProgramRun(
      "genki-minerd", ["wallet", "show", "--path", base, "--name", "absent", "--json"])
    #expect(one.status == ErrorKind.invalidData.rawValue)
    let message = try one.document()["error"]?["message"]?.stringValue
    #expect(message?.contains("absent") == true)
  }
}
