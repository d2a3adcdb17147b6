import Foundation
import Synchronization

/// A progress bar with the time left, on stderr and only when that is a terminal.
///
/// It redraws at most ten times a second; any thread may call. Clear it before other output goes
/// to the terminal.
public final class ProgressBar: Sendable {
  private struct State {
    var completed = 0
    var startedAt: Int
    var drawnAt: ContinuousClock.Instant?
  }

  private static let redrawInterval = Duration.milliseconds(100)
  private static let barWidth = 24
  private let console: Console
  private let label: String
  private let total: Int
  private let isVisible: Bool
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  /// - Parameters:
  ///   - total: How much work there is, in the caller's units.
  ///   - completed: What an earlier run did already; it does not count for the time left.
  public init(_ console: Console, label: String, total: Int, completed: Int = 0) {
    self.console = console
    self.label = label
    self.total = max(1, total)
    isVisible = console.errorIsTerminal && !console.isJSON
    state = Mutex(State(completed: completed, startedAt: completed))
  }

  /// Shows that `completed` units are done, with a short note such as the loss.
  public func update(completed: Int, note: String = "") {
    guard isVisible else { return }
    let now = ContinuousClock.now
    let text: String? = state.withLock { state in
      state.completed = completed
      if let drawnAt = state.drawnAt, now - drawnAt < Self.redrawInterval, completed < total {
        return nil
      }
      state.drawnAt = now
      let elapsed = (now - start) / .seconds(1)
      return Self.text(
        label: label, completed: completed, total: total, note: note,
        secondsLeft: Self.secondsLeft(
          elapsed: elapsed, done: completed - state.startedAt, left: total - completed))
    }
    if let text { console.errors.write("\r\u{1B}[2K" + text) }
  }

  /// Removes the bar from the terminal.
  public func clear() {
    if isVisible { console.errors.write("\r\u{1B}[2K") }
  }

  /// One state of the bar, without control characters.
  package static func text(
    label: String, completed: Int, total: Int, note: String, secondsLeft: Double?
  ) -> String {
    let share = min(1, max(0, Double(completed) / Double(max(1, total))))
    let filled = Int(share * Double(barWidth))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: barWidth - filled)
    let counts = "\(HumanUnits.count(completed))/\(HumanUnits.count(total))"
    let left = secondsLeft.map { "ETA " + HumanUnits.duration(seconds: $0) } ?? ""
    return ([label, bar, counts, note, left] as [String]).filter { !$0.isEmpty }
      .joined(separator: "  ")
  }

  /// The time left at the average speed so far; nil before anything is done.
  package static func secondsLeft(elapsed: Double, done: Int, left: Int) -> Double? {
    done > 0 && elapsed > 0 ? elapsed / Double(done) * Double(max(0, left)) : nil
  }
}
