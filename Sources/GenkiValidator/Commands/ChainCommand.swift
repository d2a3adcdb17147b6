import ArgumentParser
import GenkiConsole

/// `chain`: looks at the chain; registers on it; the embedded one is also driven by it.
struct ChainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chain",
    abstract: "Look at the chain, register on it; stake and seal on the embedded one.",
    discussion: """
      EXAMPLE:
        genki-validatord chain status
      """,
    subcommands: [
      ChainStatusCommand.self, ChainMetagraphCommand.self, ChainCommitmentsCommand.self,
      ChainCreateCommand.self, ChainRegisterCommand.self, ChainStakeCommand.self,
      ChainSealCommand.self,
    ])
}

/// Which chain.
struct ChainArguments: ParsableArguments {
  @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
  var config: String?
  @Option(help: ArgumentHelp("Instead of chain.local.path: the ledger's file.", valueName: "file"))
  var ledger: String?
  @Option(parsing: .unconditional, help: "Instead of chain.netuid.")
  var netuid: UInt16?
}
