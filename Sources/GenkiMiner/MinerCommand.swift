import ArgumentParser

/// The `genki-minerd` program: its daemon and its one-shot commands.
public struct MinerCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(commandName: "genki-minerd")

  public init() {}
}
