/// A line that the method table or the server wants in the daemon's log.
public struct RPCLogEntry: Sendable, Equatable {
  /// How much it matters.
  public enum Level: String, Sendable {
    case debug, info, warning, error
  }

  /// How much it matters.
  public var level: Level
  /// One sentence.
  public var message: String
  /// What belongs to it, as names and values.
  public var fields: [String: String]

  /// An entry.
  public init(_ level: Level, _ message: String, _ fields: [String: String] = [:]) {
    self.level = level
    self.message = message
    self.fields = fields
  }
}

/// Takes log entries; called from any thread.
public typealias RPCLog = @Sendable (RPCLogEntry) -> Void
