import ArgumentParser
import GenkiChain

/// `wallet`: Bittensor wallet files.
struct WalletCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wallet",
    abstract: "Make, import and list Bittensor wallets; sign and verify messages.",
    discussion: """
      A wallet is a folder with a coldkey, which owns the funds, and hotkeys,
      which daemons sign with.

      EXAMPLE:
        genki-minerd wallet create --name alice --hotkey miner
        genki-minerd wallet import --name alice --coldkey
        genki-minerd wallet show --name alice --json
        genki-minerd wallet sign --name alice --hotkey miner --message hello
      """,
    subcommands: [
      WalletCreateCommand.self, WalletImportCommand.self, WalletShowCommand.self,
      WalletSignCommand.self, WalletVerifyCommand.self,
    ])
}

/// Where wallets are kept.
struct WalletPathOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder that holds all wallets (default: ~/.bittensor/wallets).", valueName: "folder"))
  var path: String?

  /// The folder, the user's own unless another is named.
  var basePath: String { path ?? Wallet.defaultBasePath }
}
