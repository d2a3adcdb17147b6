import GenkiConsole
import GenkiReport
import Synchronization

/// Announces, times and sums up the phases of a round.
final class PhaseClock: Sendable {
  private let console: Console
  private let measured = Mutex<[RoundReport.Phase]>([])

  init(_ console: Console) { self.console = console }

  /// The phases so far.
  var phases: [RoundReport.Phase] { measured.withLock(\.self) }

  /// Runs a phase and prints its line when it is done.
  ///
  /// - Parameters:
  ///   - description: What a reader sees beside the name.
  ///   - body: Gets a bar that is drawn on a terminal; may return a result for the line.
  func measure(
    _ name: String, _ description: String, steps: Int = 1, _ body: (ProgressBar) throws -> String?
  ) throws {
    let bar = ProgressBar(console, label: name, total: steps)
    bar.update(completed: 0)
    let start = ContinuousClock.now
    defer { bar.clear() }
    let result = try body(bar)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    measured.withLock { $0.append(RoundReport.Phase(name: name, seconds: seconds)) }
    bar.clear()
    let text = [description, result].compactMap(\.self).joined(separator: ": ")
    let time = HumanUnits.decimal(seconds, places: 1)
    tell("  \(Self.padded(name, to: 12)) \(Self.padded(time, to: -6)) s  \(text)")
  }

  /// A line for the reader: on stdout, or beside the JSON on stderr.
  func tell(_ line: String) {
    if console.isJSON { console.error(line) } else { console.fragment(line + "\n") }
  }

  private static func padded(_ text: String, to width: Int) -> String {
    let blanks = String(repeating: " ", count: max(0, Int(width.magnitude) - text.count))
    return width < 0 ? blanks + text : text + blanks
  }
}
