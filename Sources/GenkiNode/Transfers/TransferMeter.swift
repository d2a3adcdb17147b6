import Foundation
import GenkiConsole
import GenkiCore
import GenkiHub
import Synchronization

/// Measures one transfer and tells of it: at its first byte, then once a second, and at its end.
///
/// A call that never gets as far as a byte tells nothing: a validator looks at many repositories that
/// are still private.
final class TransferMeter: Sendable {
  private struct Sample {
    var time: Double
    var bytes: Int
  }

  private struct State {
    var beganAt = 0.0
    /// The first thing the hub told: what lay here before does not count for the rate.
    var first: Sample?
    var last: Sample?
    var rate: Double?
    var name = ""
    var done = 0
    var total = 0
    var reportedAt = 0.0
  }

  private static let reportSeconds = 1.0
  private static let sampleSeconds = 0.25
  /// The rate forgets what is older than this.
  private static let smoothingSeconds = 5.0
  /// After so long without a byte the rate falls.
  private static let silenceSeconds = 2.0

  private let label: TransferLabel?
  private let now: @Sendable () -> Double
  private let observer: any NodeObserver
  private let state = Mutex(State())

  init(
    _ label: TransferLabel?, now: @escaping @Sendable () -> Double, observer: any NodeObserver
  ) {
    self.label = label
    self.now = now
    self.observer = observer
  }

  /// The work begins.
  func begin() { state.withLock { $0.beganAt = now() } }

  /// How far it is; nil for a call without a label.
  var status: TransferStatus? {
    let now = now()
    return label.map { label in state.withLock { Self.status($0, label, now) } }
  }

  /// Takes what the hub tells; any thread calls.
  func note(_ progress: HubProgress) {
    guard let label else { return }
    let now = now()
    let (isFirst, report) = state.withLock { state -> (Bool, TransferStatus?) in
      let isFirst = state.first == nil
      state.name = progress.name
      state.done = max(0, progress.bytesDone)
      state.total = max(0, progress.bytesTotal)
      Self.sample(&state, now)
      guard isFirst || now - state.reportedAt >= Self.reportSeconds else { return (false, nil) }
      state.reportedAt = now
      return (isFirst, Self.status(state, label, now))
    }
    guard let report else { return }
    if isFirst {
      tell(
        "transfer.started", .info,
        "\(verb(label)) \(label.repository), \(HumanUnits.bytes(report.bytesTotal))", report)
    }
    tell("transfer.progress", .debug, "\(verb(label)) \(label.repository)", report)
  }

  /// The work has ended.
  func end(_ failure: (any Error)?) {
    guard let label else { return }
    let now = now()
    let found = state.withLock { state -> TransferStatus? in
      guard let first = state.first else { return nil }
      var status = Self.status(state, label, now)
      // What one call has brought whole is no beginning of something.
      let moved = state.done > first.bytes ? state.done - first.bytes : state.done
      status.bytesPerSecond = Double(moved) / max(status.seconds, 0.001)
      return status
    }
    guard let found else { return }
    // A repository that changes its mind on the way ends as a verdict, not as an error.
    guard failure == nil, found.bytesDone >= found.bytesTotal else {
      let reason = failure.map { "\($0)" } ?? "it ended early"
      var fields = found
      fields.label.fields["reason"] = .string(reason)
      tell(
        "transfer.failed", .info,
        "\(verb(label)) \(label.repository) ended after \(found.distance): \(reason)", fields)
      return
    }
    tell(
      "transfer.done", .info,
      "\(verb(label)) \(label.repository) is done: \(HumanUnits.bytes(found.bytesDone)) in "
        + "\(HumanUnits.duration(seconds: found.seconds)), "
        + "\(HumanUnits.bytes(Int(min(found.bytesPerSecond, 1e18))))/s", found)
  }

  private func verb(_ label: TransferLabel) -> String {
    label.direction == .up ? "upload to" : "download from"
  }

  private func tell(
    _ event: String, _ level: NodeEvent.Level, _ message: String, _ status: TransferStatus
  ) {
    var fields = status.json
    // Where events of other kinds come beside it, this tells them apart.
    fields["event"] = .string(event)
    observer.report(NodeEvent(event, level, message, fields))
  }

  private static func sample(_ state: inout State, _ now: Double) {
    let sample = Sample(time: now, bytes: state.done)
    guard let last = state.last else {
      state.first = sample
      state.last = sample
      return
    }
    let seconds = now - last.time
    guard seconds >= sampleSeconds else { return }
    let rate = Double(max(0, state.done - last.bytes)) / seconds
    let share = 1 - exp(-seconds / smoothingSeconds)
    state.rate = state.rate.map { $0 + share * (rate - $0) } ?? rate
    state.last = sample
  }

  private static func status(
    _ state: State, _ label: TransferLabel, _ now: Double
  ) -> TransferStatus {
    var status = TransferStatus(label: label)
    status.name = state.first == nil ? nil : state.name
    status.bytesDone = state.done
    status.bytesTotal = state.total
    status.seconds = max(0, now - state.beganAt)
    let silence = max(0, now - (state.last?.time ?? now) - silenceSeconds)
    status.bytesPerSecond = (state.rate ?? 0) * exp(-silence / smoothingSeconds)
    return status
  }
}
