import ArgumentParser
import GenkiConsole

/// The `genkictl` program.
public struct ControlCommand: ParsableCommand {
  /// Name, version and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "genkictl",
    abstract: "Talks to genki-minerd and genki-validatord over their sockets.",
    version: "genkictl \(ProgramVersion.current)", subcommands: [])

  /// The program without arguments.
  public init() {}
}
