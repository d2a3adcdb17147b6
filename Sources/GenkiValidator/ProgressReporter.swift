import GenkiConsole
import GenkiFederation

/// Draws the progress of a long operation.
final class ProgressReporter {
  private let console: Console
  private let label: String
  private var bar: ProgressBar?

  init(_ console: Console, label: String) {
    self.console = console
    self.label = label
  }

  /// Shows an update.
  func show(_ update: ProgressUpdate) {
    let bar = self.bar ?? ProgressBar(console, label: label, total: update.total)
    self.bar = bar
    bar.update(completed: update.done, note: update.phase)
  }

  /// Removes the bar.
  func clear() { bar?.clear() }
}
