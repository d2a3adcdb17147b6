import ArgumentParser

/// The `genki-validatord` program: its daemon and its one-shot commands.
public struct ValidatorCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(commandName: "genki-validatord")

  public init() {}
}
