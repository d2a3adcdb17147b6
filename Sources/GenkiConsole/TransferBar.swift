import Foundation

/// A bar for bytes that somebody else moves and measures, on stderr and only when that is a terminal.
public final class TransferBar: Sendable {
  private static let barWidth = 24
  private let console: Console

  /// A bar on a console; nothing is drawn yet.
  public init(_ console: Console) { self.console = console }

  /// Whether anybody sees it.
  public var isVisible: Bool { console.errorIsTerminal && !console.isJSON }

  /// Draws how far a transfer is.
  public func show(label: String, done: Int, total: Int, rate: Double, secondsLeft: Double?) {
    guard isVisible else { return }
    let text = Self.text(
      label: label, done: done, total: total, rate: rate, secondsLeft: secondsLeft)
    console.errors.write("\r\u{1B}[2K" + text)
  }

  /// Removes the bar from the terminal.
  public func clear() {
    if isVisible { console.errors.write("\r\u{1B}[2K") }
  }

  /// One state of the bar, without control characters.
  package static func text(
    label: String, done: Int, total: Int, rate: Double, secondsLeft: Double?
  ) -> String {
    let share = total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0
    let filled = Int(share * Double(barWidth))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: barWidth - filled)
    return "\(label)  \(bar)  "
      + distance(done: done, total: total, rate: rate, secondsLeft: secondsLeft)
  }

  /// How far a transfer is, in words.
  public static func distance(
    done: Int, total: Int, rate: Double, secondsLeft: Double?
  ) -> String {
    let speed =
      rate >= 1 && rate < 1e18 ? "\(HumanUnits.bytes(Int(rate)))/s" : ""
    let left = secondsLeft.map { "ETA " + HumanUnits.duration(seconds: $0) } ?? ""
    return (["\(HumanUnits.bytes(done)) of \(HumanUnits.bytes(total))", speed, left] as [String])
      .filter { !$0.isEmpty }.joined(separator: ", ")
  }
}
