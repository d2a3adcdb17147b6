import Foundation
import GenkiCore
import TestSupport
import Testing

@Suite("wallet sign and wallet verify")
struct WalletSignCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let made = try ProgramRun(
      "genki-minerd",
      ["wallet", "create", "--path", folder.file("wallets"), "--no-password", "--json"])
    try #require(made.status == 0, "\(made.errors)")
  }

  private func sign(_ arguments: [String], input: String = "") throws -> ProgramRun {
    try ProgramRun(
      "genki-minerd", ["wallet", "sign", "--path", folder.file("wallets")] + arguments,
      input: input)
  }

  private func verify(
    _ signature: String?, _ address: String?, _ arguments: [String], input: String = ""
  ) throws -> ProgramRun {
    try ProgramRun(
      "genki-minerd",
      ["wallet", "verify", "--signature", signature ?? "", "--address", address ?? ""] + arguments,
      input: input)
  }

  @Test func everySignatureOfTheReferenceIsJudgedAsThere() throws {
    let path = Vectors.path("bittensor/sr25519.json")
    let all = try JSONValue.parse(TextFile.readBytes(path, sizeLimit: 1 << 20), source: path)
    let cases = try #require(all["signatures"]?.arrayValue)
    #expect(cases.count >= 30)
    for item in cases {
      let signature = try #require(item["signature"]?.stringValue)
      let run = try verify(
        signature, item["public"]?.stringValue, ["--hex", "--json"],
        input: try #require(item["message"]?.stringValue))
      let isValid = item["valid"]?.boolValue == true
      if signature.count == 130 {
        #expect(run.status == (isValid ? 0 : 1), "\(run.errors)")
        #expect(try run.document()["valid"]?.boolValue == isValid)
      } else {
        #expect(run.status == ErrorKind.usage.rawValue)
      }
    }
  }

  @Test(arguments: ["--hotkey", "--coldkey"]) func whatIsSignedVerifies(key: String) throws {
    let options = key == "--hotkey" ? ["--hotkey", "default"] : ["--coldkey"]
    let signed = try sign(options + ["--json"], input: "a line\n").document()
    let (signature, address) = (signed["signature"]?.stringValue, signed["address"]?.stringValue)
    #expect(signed["message_bytes"]?.intValue == 7)
    // The same bytes from everywhere.
    let file = try folder.write("a line\n", to: "message")
    #expect(try verify(signature, address, [], input: "a line\n").status == 0)
    #expect(try verify(signature, address, ["--file", file]).status == 0)
    #expect(try verify(signature, address, ["--message", "a line\n"]).status == 0)
    #expect(try verify(signature, address, ["--hex", "--message", "61206c696e650a"]).status == 0)
    #expect(
      try verify(signature, signed["public_key"]?.stringValue, ["--file", file]).status == 0)
    // A line end is a byte, and so is every other.
    let other = try verify(signature, address, ["--message", "a line"])
    #expect(other.status == 1)
    #expect(other.output.hasPrefix("not valid"))
    let stranger = "5F9MAXstNjWzEt6sh6hQ6ve9ThTwP4LuVACnwVEiZ9pCUmBU"
    #expect(try verify(signature, stranger, ["--file", file]).status == 1)
  }

  @Test func peopleAreToldWhatWasSigned() throws {
    let run = try sign([], input: "hello\n")
    #expect(run.output.contains("6 bytes, as they are, the line end at their end included"))
    #expect(run.output.contains("signature  0x"))
    let hex = try sign(["--hex", "--message", "0x00ff"])
    #expect(hex.output.contains("2 bytes, given in hexadecimal"))
  }

  @Test(arguments: [
    (["--hotkey", "absent", "--message", "m"], ErrorKind.invalidData, "no such file"),
    (["--coldkey", "--hotkey", "default"], .usage, "one of"),
    (["--message", "m", "--file", "f"], .usage, "one of"),
    (["--hex", "--message", "0x123"], .usage, "not hexadecimal"),
    (["--file", "absent"], .invalidData, "absent"),
    (["--password-fd", "0"], .usage, "both come from stdin"),
  ]) func aWrongOptionIsNamed(options: [String], kind: ErrorKind, says: String) throws {
    let run = try sign(options)
    #expect(run.status == kind.rawValue, "\(run.status) \(run.errors)")
    #expect(run.errors.contains(says), "\(run.errors)")
  }

  @Test func aKeyThatOthersCanReachDoesNotSign() throws {
    let path = folder.file("wallets/default/hotkeys/default")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let run = try sign(["--message", "m"])
    #expect(run.status == ErrorKind.notPermitted.rawValue)
    #expect(run.errors.contains("chmod 600"))
  }

  @Test(arguments: ["", "0x12", "0x" + String(repeating: "zz", count: 64)])
  func aSignatureThatIsNoneIsAWrongOption(signature: String) throws {
    let run = try verify(
      signature, "5F9MAXstNjWzEt6sh6hQ6ve9ThTwP4LuVACnwVEiZ9pCUmBU", ["--message", "m"])
    #expect(run.status == ErrorKind.usage.rawValue)
    #expect(run.errors.contains("64 bytes"))
  }
}
