import GenkiCore

/// A demo that cannot go on.
package enum DemoError: ReportableError, Equatable {
  case folderIsNotOurs(path: String)
  case cannotCreate(path: String, reason: String)
  case missingProgram(path: String)
  case programFailed(command: String, code: Int32, message: String, log: String)
  case unexpectedOutput(command: String, problem: String)
  case outcome([String])

  package var kind: ErrorKind {
    switch self {
    case .folderIsNotOurs, .cannotCreate: .cannotCreate
    case .missingProgram: .unavailable
    case .unexpectedOutput: .internalError
    case .programFailed, .outcome: .failed
    }
  }

  package var what: String {
    switch self {
    case .folderIsNotOurs(let path), .cannotCreate(let path, _): "cannot use the folder '\(path)'"
    case .missingProgram(let path): "there is no program '\(path)'"
    case .programFailed(let command, let code, _, _): "'\(command)' ended with exit code \(code)"
    case .unexpectedOutput(let command, _): "the output of '\(command)' was not understood"
    case .outcome: "the round did not end as it should"
    }
  }

  package var why: String {
    switch self {
    case .folderIsNotOurs: "it holds files that no demo made"
    case .cannotCreate(_, let reason): reason
    case .missingProgram: "the demo runs the programs that lie beside it"
    case .programFailed(_, _, let message, _): message.isEmpty ? "it gave no reason" : message
    case .unexpectedOutput(_, let problem): problem
    case .outcome(let problems): problems.joined(separator: "; ")
    }
  }

  package var advice: String? {
    switch self {
    case .folderIsNotOurs: "choose another one with --out, or move the files away"
    case .cannotCreate: "choose another one with --out"
    case .missingProgram: "run deploy/demo, which builds them"
    case .programFailed(_, _, _, let log): "its whole output is in \(log)"
    case .unexpectedOutput: nil
    case .outcome: "the figures are in the report"
    }
  }
}
