import GenkiControl
import TestSupport
import Testing

@Suite struct ControlArgumentsTests {
  @Test(arguments: [
    (["status"], ["status"]), ([], []), (["--json", "status"], ["status", "--json"]),
    (
      ["--socket", "a", "--json", "job", "list", "x"],
      ["job", "list", "--socket", "a", "--json", "x"]
    ),
    (
      ["--socket=a", "job", "--miner", "show", "3"], ["job", "show", "--socket=a", "--miner", "3"]
    ),
    (["--version"], ["--version"]), (["--json", "--help"], ["--help"]),
    (["--json", "job", "-h"], ["job", "-h"]),
    (["rpc", "--json", "job.list"], ["rpc", "--json", "job.list"]),
    (["rpc", "x", "--", "--json"], ["rpc", "x", "--", "--json"]),
    (["--socket"], ["--socket"]), (["--unknown", "status"], ["--unknown", "status"]),
  ])
  func sharedOptionsMoveBehindTheCommand(given: [String], arranged: [String]) {
    #expect(ControlArguments.arranged(given) == arranged)
  }

  @Test func everyCommandHasAnExample() throws {
    for command in ControlCommand.configuration.subcommands {
      let leaves = command.configuration.subcommands
      for leaf in leaves.isEmpty ? [command] : leaves {
        #expect(leaf.configuration.discussion.contains("EXAMPLE:\n  genkictl "), "\(leaf)")
        #expect(leaf.configuration.abstract.hasSuffix("."), "\(leaf)")
      }
    }
  }
}
