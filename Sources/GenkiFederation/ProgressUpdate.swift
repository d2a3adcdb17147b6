/// How far a long operation has come; sent to whoever shows it.
public struct ProgressUpdate: Sendable, Equatable {
  /// What is being done, for example "evaluating miner-2".
  public var phase: String
  /// Units done of `total`, over the whole operation.
  public var done: Int
  /// Units of the whole operation.
  public var total: Int

  /// An update; see the properties.
  public init(phase: String, done: Int, total: Int) {
    self.phase = phase
    self.done = done
    self.total = total
  }
}

/// Receives progress; called on the thread that works.
public typealias ProgressHandler = (ProgressUpdate) -> Void

/// Counts units of an operation and reports each.
final class ProgressCounter {
  private let total: Int
  private let handler: ProgressHandler
  private var done = 0

  init(total: Int, handler: @escaping ProgressHandler) {
    self.total = total
    self.handler = handler
  }

  /// Reports `units` more as done.
  func advance(_ phase: String, by units: Int = 1) {
    done = min(total, done + units)
    handler(ProgressUpdate(phase: phase, done: done, total: total))
  }
}
