@preconcurrency import Dispatch
import Foundation
import GenkiCore
import GenkiConsole
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
    var signal: Int32?
  }

  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  private static let lineBytesMaximum = 64 << 20
  /// How long a program may take to end after it was asked to.
  private static let patience = DispatchTimeInterval.seconds(5)

  private let programs: String
  private let logs: String
  private let commandsFile: String
  private let sources: [any DispatchSourceSignal]
  private let state: Mutex<State>

  /// - Parameters:
  ///   - programs: The folder of the programs.
  ///   - folder: The demo's folder, which receives logs and commands.
  init(programs: String, folder: DemoFolder) throws {
    self.programs = programs
    logs = try folder.folder("logs")
    commandsFile = folder / "commands.sh"
    let head = """
      # Every command of this demo, to be repeated by hand from the folder in which it ran.
      PATH="\(programs):$PATH"

      """
    state = Mutex(State(commands: head))
    sources = Self.signals.map { DispatchSource.makeSignalSource(signal: $0, queue: .global()) }
    for (number, source) in zip(Self.signals, sources) {
      signal(number, SIG_IGN)
      source.setEventHandler { [weak self] in self?.stop(by: number) }
      source.resume()
    }
  }

  /// Runs a program to its end.
  ///
  /// - Parameter onLine: Called with each JSON document that it prints.
  /// - Returns: The last document.
  /// - Throws: ``DemoError`` if it fails or prints something else, `StoppedBySignal` if one came.
  @discardableResult func call(
    _ program: String, _ arguments: [String], onLine: (JSONValue) -> Void = { _ in }
  ) throws -> JSONValue {
    let command = ([program] + arguments).map(Self.quoted).joined(separator: " ")
    let number = state.withLock { state in
      state.calls += 1
      state.commands += command + "\n"
      return state.calls
    }
    try AtomicFile.write(state.withLock(\.commands), to: commandsFile)
    let title = "\(program) \(arguments.first ?? "")"
    let log = "\(logs)/\(number < 10 ? "0" : "")\(number)-\(arguments.first ?? program).log"
    let process = try start(program, arguments + ["--json"], log: log)
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
    let signal = state.withLock { state in
      state.child = nil
      return state.signal
    }
    if let signal {
      throw StoppedBySignal(signal: signal, message: "stopped during '\(title)'")
    }
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

  private func start(_ program: String, _ arguments: [String], log: String) throws -> Running {
    let path = "\(programs)/\(program)"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw DemoError.missingProgram(path: path)
    }
    try AtomicFile.write("", to: log)
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
    let pipe = Pipe()
    process.standardOutput = pipe
    try state.withLock { state in
      if let signal = state.signal {
        throw StoppedBySignal(signal: signal, message: "stopped before '\(program)'")
      }
      try process.run()
      state.child = process
    }
    return Running(child: process, output: pipe.fileHandleForReading)
  }

  private func stop(by number: Int32) {
    let child = state.withLock { state in
      state.signal = state.signal ?? number
      return state.child
    }
    guard let child else { return }
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
