import Foundation
import GenkiCore
import TestSupport
import Testing

/// What holds for every command of every program.
struct CommandTests {
  static let programs = ["genki-minerd", "genki-validatord"]

  @Test(arguments: programs)
  func everyCommandHasHelpWithAnExample(program: String) throws {
    var queue: [[String]] = try subcommands(program, [])
    #expect(!queue.isEmpty)
    while !queue.isEmpty {
      let command = queue.removeFirst()
      let help = try ProgramRun(program, command + ["--help"])
      #expect(help.status == 0)
      #expect(help.output.contains("EXAMPLE"), "\(command)")
      #expect(help.output.contains("OVERVIEW"), "\(command)")
      #expect(help.errors.isEmpty)
      queue += try subcommands(program, command)
    }
  }

  @Test(arguments: programs)
  func theVersionIsPrinted(program: String) throws {
    let run = try ProgramRun(program, ["--version"])
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("\(program) "))
  }

  @Test(arguments: programs)
  func whatIsNoCommandIsAnsweredWithTheListOfCommands(program: String) throws {
    let run = try ProgramRun(program, ["nonsense"])
    #expect(run.status == ErrorKind.usage.rawValue)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("\(program): "))
    #expect(run.errors.contains("SUBCOMMANDS:"))
  }

  /// Without a command the program is the daemon.
  @Test(arguments: programs, [["run"], ["check"], []])
  func aWrongConfigurationIsNamedByFileAndLine(program: String, command: [String]) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("[daemon]\nlog_level = \"loud\"\n", to: "wrong.toml")
    let run = try ProgramRun(program, command + ["--config", file])
    #expect(run.status == ErrorKind.configuration.rawValue)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("wrong.toml"))
    #expect(run.errors.contains("daemon.log_level"))
  }

  @Test func aFullDiskIsReported() throws {
    let base = try CommandBase()
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = [
      "-c", "\"$0\" --help > /dev/full 2> \"$1\"", minerPath, base.folder.file("e"),
    ]
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == ErrorKind.inputOutput.rawValue)
  }

  private var minerPath: String {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "genki-minerd").path
  }

  /// The commands that a command's help lists.
  private func subcommands(_ program: String, _ command: [String]) throws -> [[String]] {
    let help = try ProgramRun(program, command + ["--help"]).output
    guard let list = help.range(of: "SUBCOMMANDS:\n") else { return [] }
    return help[list.upperBound...].split(separator: "\n").compactMap { line in
      guard line.hasPrefix("  "), !line.hasPrefix("   ") else { return nil }
      return line.split(separator: " ").first.map { command + [String($0)] }
    }.filter { $0.last != "See" && $0.last != "help" }
  }
}
