import ArgumentParser
import Foundation
import GenkiCore

/// Runs a command line: arguments in, exit code out.
///
/// Errors go to stderr as `program: what: why (advice)` and, with `--json`, also to stdout as
/// `{"error":{"code":…,"message":…,"data":{…}}}`. Codes are those of sysexits.
public enum ProgramRunner {
  /// Parses and carries out one command line.
  ///
  /// - Parameter arguments: Without the program's own name.
  /// - Returns: The exit code.
  public static func run<Root: ParsableCommand>(
    _ root: Root.Type, _ arguments: [String] = Array(CommandLine.arguments.dropFirst())
  ) -> Int32 {
    let program = root.configuration.commandName ?? "genki"
    do {
      try checkCommandIsKnown(root, arguments)
      var command = try root.parseAsRoot(arguments)
      try command.run()
      return 0
    } catch {
      let json = arguments.prefix { $0 != "--" }.contains("--json")
      let console = Console(json: json)
      let code = report(error, of: root, program: program, console: console)
      do {
        try console.finish()
        return code
      } catch {
        // The output is gone; stderr may still be there.
        console.error("\(program): \(error)")
        return code == 0 ? ErrorKind.inputOutput.rawValue : code
      }
    }
  }

  /// A missing or unknown command is answered with the list of those there are.
  private static func checkCommandIsKnown<Root: ParsableCommand>(
    _ root: Root.Type, _ arguments: [String]
  ) throws {
    let names = root.configuration.subcommands.map { $0._commandName } + ["help"]
    let first = arguments.first ?? ""
    // A daemon without arguments runs.
    if first == "", root.configuration.defaultSubcommand != nil { return }
    guard first == "" || (!first.hasPrefix("-") && !names.contains(first)) else { return }
    let what = first == "" ? "a command is missing" : "there is no command '\(first)'"
    throw ValidationError(what + "\n\n" + root.helpMessage())
  }

  private static func report<Root: ParsableCommand>(
    _ error: any Error, of root: Root.Type, program: String, console: Console
  ) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    if let stop = error as? StoppedBySignal {
      console.error("\(program): \(stop.message)")
      console.document(document(code: stop.exitCode, message: stop.message))
      return stop.exitCode
    }
    if let error = error as? any ReportableError {
      return report(error, program: program, console: console)
    }
    let code = root.exitCode(for: error)
    if code.isSuccess {
      // --help and --version arrive as errors.
      console.rawLine(root.fullMessage(for: error))
      return 0
    }
    if code == .validationFailure {
      let full = root.fullMessage(for: error)
      console.error("\(program): " + (full.hasPrefix("Error: ") ? String(full.dropFirst(7)) : full))
      let message = root.message(for: error)
      console.document(document(code: ErrorKind.usage.rawValue, message: message))
      return ErrorKind.usage.rawValue
    }
    return report(UnexpectedError(error), program: program, console: console)
  }

  private static func report(
    _ error: any ReportableError, program: String, console: Console
  ) -> Int32 {
    console.error("\(program): \(error.description)")
    var data: JSONObject = ["what": .string(error.what), "why": .string(error.why)]
    if let advice = error.advice { data["advice"] = .string(advice) }
    console.document(
      document(code: error.kind.rawValue, message: error.description, data: .object(data)))
    return error.kind.rawValue
  }

  private static func document(code: Int32, message: String, data: JSONValue = .null) -> JSONValue {
    .object([
      "error": .object([
        "code": .integer(Int64(code)), "message": .string(message), "data": data,
      ])
    ])
  }
}

/// An error that no module of ours described.
struct UnexpectedError: ReportableError {
  private let error: any Error

  init(_ error: any Error) { self.error = error }

  private var isInputOutput: Bool {
    error is POSIXError || error is CocoaError
  }
  var kind: ErrorKind { isInputOutput ? .inputOutput : .internalError }
  var what: String { isInputOutput ? "reading or writing failed" : "unexpected error" }
  var why: String { "\(error)" }
  var advice: String? {
    isInputOutput ? nil : "please report this together with the command line"
  }
}
