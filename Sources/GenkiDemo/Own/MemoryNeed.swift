import GenkiConsole
import GenkiCore

/// The memory that daemons on one machine take when all of them work at once.
package struct MemoryNeed: Equatable, Sendable {
  /// What one daemon takes.
  package struct Entry: Equatable, Sendable {
    package let name: String
    package let bytes: Int

    package init(_ name: String, bytes: Int) {
      self.name = name
      self.bytes = bytes
    }
  }

  package var entries: [Entry] = []

  /// No daemon.
  package init() {}

  /// What all of them take together.
  package var bytes: Int {
    entries.reduce(0) { sum, entry in
      let (sum, hasOverflown) = sum.addingReportingOverflow(entry.bytes)
      return hasOverflown ? .max : sum
    }
  }

  /// Throws if they do not fit; a machine that does not say what it has is trusted.
  package func check(available: Int?) throws {
    guard let available, bytes > available else { return }
    throw MemoryError(need: self, availableBytes: available)
  }
}

/// The daemons of a round do not fit into memory.
package struct MemoryError: ReportableError, Equatable {
  package let need: MemoryNeed
  package let availableBytes: Int

  package var kind: ErrorKind { .failed }
  package var what: String { "the \(need.entries.count) daemons do not fit into memory" }
  package var why: String {
    let parts = need.entries.map { "\($0.name) \(HumanUnits.bytes($0.bytes))" }
    return "together they need \(HumanUnits.bytes(need.bytes)) and "
      + "\(HumanUnits.bytes(availableBytes)) are available; \(parts.joined(separator: ", "))"
  }
  package var advice: String? {
    "lower --batch or --block-size, let miners train with :lora, name fewer, or free memory"
  }
}
