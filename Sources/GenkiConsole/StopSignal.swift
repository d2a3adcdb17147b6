@preconcurrency import Dispatch
import Foundation
import Synchronization

/// Turns SIGINT and SIGTERM into a wish that long work looks at between its steps.
///
/// The first signal asks for a clean stop; a second one ends the process at once, as without us.
public final class StopSignal: Sendable {
  private let received = Atomic<Int32>(0)
  private let sources: [any DispatchSourceSignal]

  /// Takes over both signals for the rest of the process's life.
  public init() {
    let signals = [SIGINT, SIGTERM]
    sources = signals.map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for (number, source) in zip(signals, sources) {
      source.setEventHandler { [weak self] in
        self?.received.store(number, ordering: .releasing)
        signals.forEach { signal($0, SIG_DFL) }
      }
      source.resume()
    }
  }

  /// The signal that asked to stop.
  public var signalReceived: Int32? {
    let number = received.load(ordering: .acquiring)
    return number == 0 ? nil : number
  }
}

/// Work ended early and cleanly because a signal asked for it.
public struct StoppedBySignal: Error {
  /// SIGINT or SIGTERM.
  public let signal: Int32
  /// What was kept and how to go on.
  public let message: String

  /// - Parameters:
  ///   - signal: The signal's number.
  ///   - message: What was kept and how to go on.
  public init(signal: Int32, message: String) {
    self.signal = signal
    self.message = message
  }

  /// 128 + the signal's number, as shells report it.
  public var exitCode: Int32 { 128 + signal }
}
