import ArgumentParser
import GenkiConsole

/// The `genki-minerd` program: the one-shot commands of a miner.
public struct MinerCommand: ParsableCommand {
  /// Name, help and the list of commands.
  public static let configuration = CommandConfiguration(
    commandName: "genki-minerd",
    abstract: "Finetune a base model on data that never leaves this machine.",
    discussion: """
      Losses are nats per token. Add --json to any command for machine output.

      EXAMPLE:
        genki-minerd finetune --base base --data texts/mine.txt --out mine --steps 100
        genki-minerd generate --model mine --prompt "Once upon a time"
      """,
    version: "genki-minerd \(ProgramVersion.current)",
    subcommands: [
      RunCommand.self,
      ChatCommand.self,
      CheckCommand.self,
      FinetuneCommand.self,
      GenerateCommand.self,
      HubCommand.self,
      InitModelCommand.self,
      InspectCommand.self,
      LogitsCommand.self,
      TokenizeCommand.self,
      TrainTokenizerCommand.self,
      WalletCommand.self,
    ], defaultSubcommand: RunCommand.self)

  /// An empty command line.
  public init() {}
}
