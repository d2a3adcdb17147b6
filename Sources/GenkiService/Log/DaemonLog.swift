import Foundation
import GenkiCore
import Logging
import Synchronization

/// The daemon's log: the journal or stderr, and the last lines in memory for `log.tail`.
///
/// Under systemd entries go to the journal with their metadata as fields (`GENKI_…`); elsewhere they are
/// lines on stderr. Control characters are escaped, and the values of metadata whose key names a secret
/// are never written. The level can be changed while the daemon runs.
public final class DaemonLog: Sendable {
  /// Lines that are kept in memory.
  public static let linesMaximum = 2000
  /// The longest message or value; what is longer is cut.
  public static let textCharactersMaximum = 4000

  /// What is kept, with topic `log` and the members `level`, `source`, `message` and `metadata`; `log.tail`
  /// reads its history and subscribes to it.
  public let lines = EventBus(historyMaximum: linesMaximum)

  private let currentLevel: Mutex<Logger.Level>
  private let sink: any LogSink

  /// A log of this process: the journal if stderr leads to it, else stderr.
  ///
  /// - Parameters:
  ///   - level: The least important level that is logged.
  ///   - environment: Of the process, for `JOURNAL_STREAM`.
  public convenience init(level: Logger.Level = .info, environment: [String: String]) {
    let isJournal = JournalSink.isStandardError(environment["JOURNAL_STREAM"])
    self.init(level: level, sink: isJournal ? JournalSink() : TextSink(descriptor: STDERR_FILENO))
  }

  /// A log that writes elsewhere.
  package init(level: Logger.Level, sink: any LogSink) {
    currentLevel = Mutex(level)
    self.sink = sink
  }

  /// The least important level that is logged; any thread may change it.
  public var level: Logger.Level {
    get { currentLevel.withLock { $0 } }
    set { currentLevel.withLock { $0 = newValue } }
  }

  /// Changes the level by its name; false for an unknown name.
  public func setLevel(_ name: String) -> Bool {
    guard let new = Logger.Level(rawValue: name) else { return false }
    level = new
    return true
  }

  /// A logger for one part of the daemon: `chain`, `round`.
  public func logger(_ label: String) -> Logger {
    Logger(label: label, factory: { _ in DaemonLogHandler(log: self, label: label) })
  }

  func write(_ entry: LogEntry) {
    sink.write(entry)
    lines.publish("log", entry.body)
  }
}

/// One entry, made safe.
package struct LogEntry: Sendable {
  package let time: Double
  package let level: Logger.Level
  package let source: String
  package let message: String
  /// In the order of the keys.
  package let metadata: [(key: String, value: String)]

  package init(
    time: Double, level: Logger.Level, source: String, message: String,
    metadata: [(key: String, value: String)]
  ) {
    self.time = time
    self.level = level
    self.source = source
    self.message = message
    self.metadata = metadata
  }

  /// The members of the event that subscribers get.
  var body: JSONObject {
    [
      "level": .string(level.rawValue), "source": .string(source), "message": .string(message),
      "metadata": .object(
        JSONObject(entries: metadata.map { (key: $0.key, value: .string($0.value)) })),
    ]
  }

  /// `chain: block sealed (block=12)`.
  package var text: String {
    let fields = metadata.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    return "\(source): \(message)" + (fields.isEmpty ? "" : " (\(fields))")
  }

  /// `2026-11-24T08:34:05.120Z info chain: block sealed (block=12)`.
  var line: String { "\(WallClock.text(time)) \(level.rawValue) \(text)" }
}
