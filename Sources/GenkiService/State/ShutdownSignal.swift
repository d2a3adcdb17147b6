import Foundation
import GenkiCore
import Synchronization

/// Turns signals into calls: SIGTERM and SIGINT ask for an orderly end, SIGHUP for reading the
/// configuration again.
///
/// A second SIGTERM or SIGINT ends the process at once, even if everything hangs. SIGPIPE is ignored:
/// writing to a peer that has gone is an error, not an end. One object a process.
public final class ShutdownSignal: Sendable {
  private static let handled = [SIGTERM, SIGINT, SIGHUP]
  private let writeEnd: Int32

  /// Takes over the signals until this object goes. None that comes after this call is lost.
  ///
  /// - Parameters:
  ///   - onStop: Is called once, with the signal's number.
  ///   - onReload: Is called for each SIGHUP.
  /// - Throws: ``FileError`` if the system has no descriptors left.
  ///
  /// Both are called on a thread of their own, one after the other.
  public init(
    onStop: @escaping @Sendable (Int32) -> Void, onReload: @escaping @Sendable () -> Void
  ) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw FileError.cannotCreate(path: "a pipe for signals", code: errno)
    }
    let (readEnd, writeEnd) = (ends[0], ends[1])
    self.writeEnd = writeEnd
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // A handler must never wait for room.
    _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK)
    SignalState.stopCount.store(0, ordering: .sequentiallyConsistent)
    SignalState.writeEnd.store(writeEnd, ordering: .sequentiallyConsistent)
    let thread = Thread {
      Self.unblock()
      while let number = Self.next(readEnd) {
        if number == SIGHUP { onReload() } else { onStop(number) }
      }
      close(readEnd)
    }
    thread.name = "signals"
    signal(SIGPIPE, SIG_IGN)
    for number in Self.handled { Self.install(number) }
    thread.start()
  }

  deinit {
    for number in Self.handled { signal(number, SIG_DFL) }
    SignalState.writeEnd.store(-1, ordering: .sequentiallyConsistent)
    // The thread reads the end of the pipe and goes.
    close(writeEnd)
  }

  private static func install(_ number: Int32) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handleSignal
    action.sa_flags = Int32(SA_RESTART)
    sigaction(number, &action, nil)
  }

  /// A process inherits the signals that its parent's thread blocks: on this thread all get through.
  private static func unblock() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in handled { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The next signal's number; nil after the end.
  private static func next(_ readEnd: Int32) -> Int32? {
    var byte: UInt8 = 0
    while true {
      let count = read(readEnd, &byte, 1)
      if count == 1 { return Int32(byte) }
      if count == 0 || errno != EINTR { return nil }
    }
  }
}

/// What a signal handler may touch: it can interrupt anything, so neither locks nor memory.
private enum SignalState {
  static let writeEnd = Atomic<Int32>(-1)
  static let stopCount = Atomic<Int32>(0)
}

private func handleSignal(_ number: Int32) {
  let interrupted = errno
  if number != SIGHUP {
    let before = SignalState.stopCount.add(1, ordering: .sequentiallyConsistent).oldValue
    guard before == 0 else { _exit(128 + number) }
  }
  var byte = UInt8(truncatingIfNeeded: number)
  _ = write(SignalState.writeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
  errno = interrupted
}
