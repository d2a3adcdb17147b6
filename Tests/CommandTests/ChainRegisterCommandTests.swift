import Foundation
import GenkiCore
import TestSupport
import Testing

@Suite("chain register")
struct ChainRegisterCommandTests {
  let folder: TemporaryFolder
  private static let address = "5F9MAXstNjWzEt6sh6hQ6ve9ThTwP4LuVACnwVEiZ9pCUmBU"

  init() throws { folder = try TemporaryFolder() }

  private func register(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("genki-validatord", ["chain", "register"] + arguments)
  }

  private func configuration() throws -> String {
    // A port where nothing listens: the discard service's.
    try folder.write(
      "[chain]\nkind = \"subtensor\"\nurl = \"http://127.0.0.1:9\"\nnetuid = 1\n",
      to: "node.toml")
  }

  @Test func theEmbeddedChainRegistersInTheNextBlock() throws {
    let ledger = folder.file("chain.sqlite")
    let run = try register(["--ledger", ledger, "--hotkey", Self.address])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("registered in the next block"))
    let sealed = try ProgramRun("genki-validatord", ["chain", "seal", "--ledger", ledger])
    #expect(sealed.status == 0, "\(sealed.errors)")
    let metagraph = try ProgramRun("genki-validatord", ["chain", "metagraph", "--ledger", ledger])
    #expect(metagraph.output.contains(Self.address))
  }

  @Test(arguments: [
    (["--hotkey", address], "--wallet"), (["--wallet", "w", "--coldkey", address], "--coldkey"),
    (["--wallet", "w", "--burn-tolerance=-1"], "out of range"),
    (["--wallet", "w", "--json"], "--yes or --dry-run"),
    (["--wallet", "w", "--password-file", "a", "--password-fd", "0"], "one of"),
  ]) func aWrongOptionIsNamed(options: [String], says: String) throws {
    let run = try register(["--config", configuration()] + options)
    #expect(run.status == ErrorKind.usage.rawValue, "\(run.errors)")
    #expect(run.errors.contains(says), "\(run.errors)")
  }

  @Test func aNodeThatIsNotThereIsATemporaryFailure() throws {
    let made = try ProgramRun(
      "genki-minerd", ["wallet", "create", "--path", folder.file("w"), "--no-password"])
    #expect(made.status == 0, "\(made.errors)")
    let run = try register([
      "--config", configuration(), "--wallet", "default", "--wallet-path", folder.file("w"),
      "--yes",
    ])
    #expect(run.status == ErrorKind.temporary.rawValue, "\(run.errors)")
    #expect(run.errors.contains("127.0.0.1:9"), "\(run.errors)")
  }
}
