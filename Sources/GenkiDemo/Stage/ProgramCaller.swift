@preconcurrency import Dispatch
import Foundation
import GenkiConsole
import GenkiCore
import Synchronization

/// Runs the real programs, one after the other, as a person would type them with `--json`.
///
/// What they print on stderr is kept in a log file each; every command line is noted in
/// `commands.sh`. A signal that ends the demo ends the running program first.
package final class ProgramCaller: Sendable {
  private struct State {
    var calls = 0
    var commands = ""
    var child: Process?
  }

  private static let lineBytesMaximum = 64 << 20
  /// How long a program may take to end after it was asked to.
  private static let patience = DispatchTimeInterval.seconds(5)

  private let programs: String
  private let logs: String
  private let commandsFile: String
  private let interruption: Interruption
  private let state: Mutex<State>

  /// - Parameters:
  ///   - programs: The folder of the programs.
  ///   - folder: A folder that is there; it receives logs and commands.
  package init(programs: String, folder: String, interruption: Interruption) throws {
    self.programs = programs
    self.interruption = interruption
    logs = "\(folder)/logs"
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    commandsFile = "\(folder)/commands.sh"
    let head = """
      # Every command of this demo, to be repeated by hand.
      PATH="\(programs):$PATH"

      """
    state = Mutex(State(commands: head))
    interruption.onSignal { [weak self] in self?.stop() }
  }

  /// Notes something that this demo does without a program of its own.
  package func note(comment: String) throws { try note("# \(comment)") }

  /// Notes a command that somebody else runs.
  package func note(command: [String], inBackground: Bool = false) throws {
    try note(
      command.map(Self.quoted).joined(separator: " ") + (inBackground ? " &" : ""))
  }

  private func note(_ line: String) throws {
    let commands = state.withLock { state in
      state.commands += line + "\n"
      return state.commands
    }
    try AtomicFile.write(commands, to: commandsFile)
  }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - environment: Variables that it gets besides ours.
  ///   - onLine: Called with each JSON document that it prints.
  /// - Returns: The last document.
  /// - Throws: ``DemoError`` if it fails or prints something else, `StoppedBySignal` if one came.
  @discardableResult package func call(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    onLine: (JSONValue) -> Void = { _ in }
  ) throws -> JSONValue {
    let settings = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    try note(
      (settings + ([program] + arguments).map(Self.quoted)).joined(separator: " "))
    let number = state.withLock { state in
      state.calls += 1
      return state.calls
    }
    let title = "\(program) \(arguments.first ?? "")"
    let log = "\(logs)/\(number < 10 ? "0" : "")\(number)-\(arguments.first ?? program).log"
    let process = try start(program, arguments + ["--json"], environment, log: log)
    var last: JSONValue?
    var problem: String?
    process.lines { line in
      do {
        let document = try JSONValue.parse(line, source: title)
        last = document
        onLine(document)
      } catch {
        problem = problem ?? "\(error)"
      }
    }
    process.child.waitUntilExit()
    state.withLock { $0.child = nil }
    try interruption.check("'\(title)' ran")
    guard process.child.terminationReason == .exit, process.child.terminationStatus == 0 else {
      let reported = last?["error"]?["message"]?.stringValue
      throw DemoError.programFailed(
        command: title, code: process.child.terminationStatus,
        message: reported ?? Self.lastLine(of: log), log: log)
    }
    if let problem { throw DemoError.unexpectedOutput(command: title, problem: problem) }
    guard let last else {
      throw DemoError.unexpectedOutput(command: title, problem: "it printed no JSON document")
    }
    return last
  }

  // MARK: - One program

  private struct Running {
    let child: Process
    let output: FileHandle

    /// Calls with every line until the output ends.
    func lines(_ body: ([UInt8]) -> Void) {
      var pending: [UInt8] = []
      while true {
        let data = output.availableData
        if data.isEmpty { break }
        pending += data
        guard pending.count <= lineBytesMaximum else { break }
        while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
          if end > 0 { body(Array(pending[..<end])) }
          pending.removeFirst(end + 1)
        }
      }
      if !pending.isEmpty { body(pending) }
    }
  }

  private func start(
    _ program: String, _ arguments: [String], _ environment: [String: String], log: String
  ) throws -> Running {
    let path = "\(programs)/\(program)"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw DemoError.missingProgram(path: path)
    }
    try AtomicFile.write("", to: log)
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
    let pipe = Pipe()
    process.standardOutput = pipe
    try state.withLock { state in
      try interruption.check("'\(program)' was to be started")
      try process.run()
      state.child = process
    }
    return Running(child: process, output: pipe.fileHandleForReading)
  }

  private func stop() {
    guard let child = state.withLock({ $0.child }) else { return }
    kill(child.processIdentifier, SIGTERM)
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [weak self] in
      guard let self, state.withLock({ $0.child === child }) else { return }
      kill(child.processIdentifier, SIGKILL)
    }
  }

  private static func lastLine(of log: String) -> String {
    let text = (try? TextFile.readString(log, sizeLimit: 16 << 20)) ?? ""
    return text.split(separator: "\n").last.map(String.init) ?? ""
  }

  /// An argument as a shell reads it back.
  package static func quoted(_ argument: String) -> String {
    let isPlain = argument.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: ","):
        true
      default: false
      }
    }
    if isPlain, !argument.isEmpty { return argument }
    return "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
