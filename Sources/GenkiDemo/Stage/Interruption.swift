@preconcurrency import Dispatch
import Foundation
import GenkiConsole

/// Hears the signals that end a program and cuts waits short when one comes.
package final class Interruption: @unchecked Sendable {
  private static let numbers = [SIGINT, SIGTERM, SIGHUP]

  private let condition = NSCondition()
  private let sources: [any DispatchSourceSignal]
  // Guarded by the condition.
  private var number: Int32?
  private var handlers: [@Sendable () -> Void] = []

  /// - Parameter listens: False leaves the process's signals alone; then nothing ever interrupts.
  package init(listens: Bool = true) {
    let numbers = listens ? Self.numbers : []
    sources = numbers.map { DispatchSource.makeSignalSource(signal: $0, queue: .global()) }
    for (number, source) in zip(numbers, sources) {
      signal(number, SIG_IGN)
      source.setEventHandler { [weak self] in self?.interrupt(by: number) }
      source.resume()
    }
  }

  /// The first signal that came.
  package var signalNumber: Int32? {
    condition.lock()
    defer { condition.unlock() }
    return number
  }

  /// Calls when a signal comes, on another thread.
  package func onSignal(_ handler: @escaping @Sendable () -> Void) {
    condition.lock()
    handlers.append(handler)
    condition.unlock()
  }

  /// Throws once a signal has come.
  package func check(_ activity: String) throws {
    guard let signal = signalNumber else { return }
    throw StoppedBySignal(signal: signal, message: "stopped while \(activity)")
  }

  /// Lets others work for a moment; a signal ends it at once.
  package func wait(seconds: Double, _ activity: String) throws {
    pause(seconds: seconds)
    try check(activity)
  }

  /// Like ``wait(seconds:_:)`` but does not throw: for what must be done after a signal, too.
  package func pause(seconds: Double) {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    let before = number
    while number == before, condition.wait(until: deadline) {}
    condition.unlock()
  }

  private func interrupt(by signal: Int32) {
    condition.lock()
    number = number ?? signal
    let called = handlers
    condition.broadcast()
    condition.unlock()
    for handler in called { handler() }
  }
}
