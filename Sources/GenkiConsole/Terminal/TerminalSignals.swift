@preconcurrency import Dispatch
import Foundation
import Synchronization

/// What signals mean to a program that holds a terminal.
///
/// Ctrl-C is a key while a text is being typed, and stops the work while there is some; a second one
/// during the same work, and one before anything can be typed, ends the program. SIGTERM, SIGHUP and
/// SIGQUIT end it, Ctrl-Z suspends it; each of them gives the terminal back first.
package final class TerminalSignals: Sendable {
  /// What is told to whoever reads keys.
  enum Event: UInt8 {
    case interrupted
    /// The terminal has another size, or somebody else used it.
    case changed
  }

  private enum State {
    case starting
    case editing
    case working(isStopAsked: Bool)
  }

  private let terminal: Terminal
  private let state = Mutex(State.starting)
  private let sources: [any DispatchSourceSignal]
  /// Read end and write end of a pipe with events.
  private let events: (read: Int32, write: Int32)

  /// Takes over the signals for the rest of the process's life.
  ///
  /// - Throws: `POSIXError` when the system has no pipe left.
  package init(_ terminal: Terminal) throws {
    self.terminal = terminal
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE)
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    events = (ends[0], ends[1])
    let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]
    // One after the other, so that a suspended program does nothing else.
    let queue = DispatchQueue(label: "genki-dama/terminal-signals")
    sources = numbers.map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for (number, source) in zip(numbers, sources) {
      source.setEventHandler { [weak self] in self?.handle(number) }
      source.resume()
    }
  }

  /// From here on Ctrl-C is a key.
  func beginEditing() { state.withLock { $0 = .editing } }

  /// From here on, and until something is typed again, Ctrl-C stops the work.
  func beginWork() {
    state.withLock { $0 = .working(isStopAsked: false) }
    _ = takeEvents()
  }

  /// Whether the work that began with the last answer is to stop.
  package var isStopAsked: Bool {
    state.withLock { state in
      if case .working(let isStopAsked) = state { return isStopAsked }
      return false
    }
  }

  /// Readable when there is an event.
  var descriptor: Int32 { events.read }

  /// The events that have come.
  func takeEvents() -> [Event] {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(events.read, &bytes, bytes.count)
    return count > 0 ? bytes[..<count].compactMap { Event(rawValue: $0) } : []
  }

  private func handle(_ number: Int32) {
    switch number {
    case SIGWINCH: send(.changed)
    case SIGTSTP:
      terminal.release()
      // The process stops a moment later: the terminal is held again when it is continued.
      kill(getpid(), SIGSTOP)
    case SIGCONT:
      terminal.hold()
      send(.changed)
    case SIGINT:
      let isEnd = state.withLock { state in
        switch state {
        case .editing:
          send(.interrupted)
          return false
        case .working(isStopAsked: false):
          state = .working(isStopAsked: true)
          return false
        case .starting, .working: return true
        }
      }
      if isEnd { end(number) }
    default: end(number)
    }
  }

  private func send(_ event: Event) {
    var byte = event.rawValue
    _ = write(events.write, &byte, 1)
  }

  private func end(_ number: Int32) -> Never {
    terminal.release(with: "\n")
    _exit(128 + number)
  }
}
