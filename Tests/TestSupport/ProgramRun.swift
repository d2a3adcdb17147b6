import Foundation
import GenkiCore

/// One of our programs, run to its end as a person would run it.
public struct ProgramRun: Sendable {
  /// The exit code; a program ended by signal n has 128 + n.
  public let status: Int32
  /// What it wrote to stdout.
  public let output: String
  /// What it wrote to stderr.
  public let errors: String

  /// Runs a program of this package and waits for its end.
  ///
  /// - Parameters:
  ///   - name: The program's name, `genki-minerd` for example; it lies beside the test program.
  ///   - input: What it reads from stdin.
  ///   - environment: Variables that it gets besides, or in the place of, ours.
  ///   - secondsMaximum: It is killed after this time.
  public init(
    _ name: String, _ arguments: [String], input: String = "",
    environment: [String: String] = [:], secondsMaximum: Int = 300
  ) throws {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: name)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle(
      forReadingAtPath: try folder.write(input, to: "input"))
    // Files, unlike pipes, never fill up.
    process.standardOutput = FileHandle(
      forWritingAtPath: try folder.write("", to: "output"))
    process.standardError = FileHandle(forWritingAtPath: try folder.write("", to: "errors"))
    try process.run()
    let identifier = process.processIdentifier
    let killer = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(
      deadline: .now() + .seconds(secondsMaximum), execute: killer)
    process.waitUntilExit()
    killer.cancel()
    let isExit = process.terminationReason == .exit
    status = process.terminationStatus + (isExit ? 0 : 128)
    output = try TextFile.readString(folder.file("output"), sizeLimit: 64 << 20)
    errors = try TextFile.readString(folder.file("errors"), sizeLimit: 64 << 20)
  }

  /// Stdout as one JSON document.
  public func document() throws -> JSONValue {
    try JSONValue.parse(output, source: "standard output")
  }
}
