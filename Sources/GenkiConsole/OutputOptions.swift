import ArgumentParser

/// The options that every command shares.
public struct OutputOptions: ParsableArguments, Sendable {
  /// Machine output instead of human output.
  @Flag(name: .long, help: "Print JSON on stdout and nothing else there.")
  public var json = false

  /// The defaults: human output.
  public init() {}
}

/// A command with human and `--json` output.
public protocol ConsoleCommand: ParsableCommand {
  /// The shared options.
  var output: OutputOptions { get }
  /// Carries out the command.
  func run(_ console: Console) throws
}

extension ConsoleCommand {
  /// Runs the command on the process's own streams.
  public mutating func run() throws {
    let console = Console(json: output.json)
    defer { try? console.finish() }
    try run(console)
    try console.finish()
  }
}
