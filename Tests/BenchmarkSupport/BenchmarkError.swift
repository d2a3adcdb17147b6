import GenkiCore

/// A measurement that cannot be made.
package enum BenchmarkError: ReportableError, Equatable {
  case unknownWorkload(String)
  case notDecoding(String)
  case noSetting(workload: String, setting: String)
  case nothingWorks(workload: String, problem: String)
  case emptyText(String)
  case badOrder(String)
  case badAnswer(source: String, text: String)
  case cannotStart(program: String, reason: String)
  case ended(source: String, status: String, lastLines: String)
  case turnTooLong(source: String, seconds: Double, lastLines: String)
  case differentWork(workload: String, problem: String)

  package var kind: ErrorKind {
    switch self {
    case .unknownWorkload, .notDecoding, .noSetting, .emptyText: .usage
    case .badOrder, .badAnswer: .internalError
    case .cannotStart: .unavailable
    case .ended, .turnTooLong, .differentWork, .nothingWorks: .failed
    }
  }

  package var what: String {
    switch self {
    case .unknownWorkload(let name): "there is no workload '\(name)'"
    case .notDecoding(let name): "llama.cpp does not do '\(name)'"
    case .noSetting(let workload, let setting): "PyTorch does not do \(workload) as '\(setting)'"
    case .nothingWorks(let workload, _): "PyTorch cannot do \(workload)"
    case .emptyText(let paths): "there is no text in \(paths)"
    case .badOrder(let line): "the order '\(line)' was not understood"
    case .badAnswer(let source, _): "the answer of \(source) was not understood"
    case .cannotStart(let program, _): "cannot start '\(program)'"
    case .ended(let source, _, _): "\(source) ended"
    case .turnTooLong(let source, _, _): "\(source) took too long"
    case .differentWork(let workload, _): "both sides of \(workload) do different work"
    }
  }

  package var why: String {
    switch self {
    case .unknownWorkload: "workloads are named as 'genki-bench list' shows them"
    case .notDecoding: "it is measured in decoding only"
    case .noSetting: "what is trained cannot be frozen, and adapters are not compiled"
    case .nothingWorks(_, let problem):
      "each way that was tried failed, the last one so: \(problem)"
    case .emptyText: "ids are made of the text of these files"
    case .badOrder: "a worker knows 'step N'"
    case .badAnswer(_, let text): "it was: \(text.quoted(limit: 200))"
    case .cannotStart(_, let reason): reason
    case .ended(_, let status, let lines):
      status + (lines.isEmpty ? " without a word" : "; its last words:\n\(lines)\n")
    case .turnTooLong(_, let seconds, let lines):
      "it gave no answer within \(Int(seconds)) s"
        + (lines.isEmpty ? "" : "; its last words:\n\(lines)\n")
    case .differentWork(_, let problem): problem
    }
  }

  package var advice: String? {
    switch self {
    case .noSetting: "leave out --torch-mode or name another"
    case .nothingWorks, .cannotStart: "see docs/performance.md for what is needed"
    case .turnTooLong: "--turn-seconds sets another limit"
    default: nil
    }
  }
}
