import ArgumentParser
import GenkiConsole

/// The `genki-demo` program: plays a round with the real programs, and plays its copier.
///
/// It is no part of what an operator installs: `deploy/demo` runs it, and tests use its copier.
public struct DemoCommand: ParsableCommand {
  /// Name, help and the list of commands.
  public static let configuration = CommandConfiguration(
    commandName: "genki-demo",
    abstract: "Play a whole federated round on this machine.",
    version: "genki-demo \(ProgramVersion.current)",
    subcommands: [RoundCommand.self, CopyCommand.self, CrashCommand.self, StormCommand.self])

  /// An empty command line.
  public init() {}
}
