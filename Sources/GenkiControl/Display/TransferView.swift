import GenkiConsole
import GenkiCore

/// A transfer of a daemon, as `status` and its events tell of it.
struct TransferView {
  private let direction: String
  private let repository: String
  private let done: Int
  private let total: Int
  private let rate: Double
  private let secondsLeft: Double?

  init(_ value: JSONValue) {
    direction = value["direction"]?.stringValue == "up" ? "upload" : "download"
    repository = ValueText.text(value["repository"], key: "repository")
    done = max(0, value["bytes_done"]?.intValue ?? 0)
    total = max(0, value["bytes_total"]?.intValue ?? 0)
    rate = value["bytes_per_second"]?.doubleValue ?? 0
    secondsLeft = value["eta_seconds"]?.doubleValue
  }

  /// What it is.
  var title: String { "\(direction) \(repository)" }

  /// How far it is.
  var distance: String {
    total == 0
      ? "asking the hub"
      : TransferBar.distance(done: done, total: total, rate: rate, secondsLeft: secondsLeft)
  }

  func draw(_ bar: TransferBar) {
    bar.show(label: title, done: done, total: total, rate: rate, secondsLeft: secondsLeft)
  }
}
