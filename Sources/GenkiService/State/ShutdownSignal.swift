@preconcurrency import Dispatch
import Foundation

/// Turns signals into calls: SIGTERM and SIGINT ask for an orderly end, SIGHUP for reading the
/// configuration again.
///
/// After the first SIGTERM or SIGINT both have their usual meaning again: a second one ends the
/// process at once. SIGPIPE is ignored: writing to a peer that has gone is an error, not an end.
public final class ShutdownSignal: Sendable {
  private static let stops = [SIGTERM, SIGINT]
  private let sources: [any DispatchSourceSignal]

  /// Takes over the signals until this object goes.
  ///
  /// - Parameters:
  ///   - onStop: Is called once, with the signal's number.
  ///   - onReload: Is called for each SIGHUP; several that come at once may count as one.
  public init(
    onStop: @escaping @Sendable (Int32) -> Void, onReload: @escaping @Sendable () -> Void
  ) {
    signal(SIGPIPE, SIG_IGN)
    // A queue of its own: the callbacks run one after the other.
    let queue = DispatchQueue(label: "genki.signals", qos: .userInitiated)
    var sources: [any DispatchSourceSignal] = []
    let once = OneTime()
    for number in Self.stops {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        Self.stops.forEach { signal($0, SIG_DFL) }
        if once.take() { onStop(number) }
      }
      sources.append(source)
    }
    signal(SIGHUP, SIG_IGN)
    let reload = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
    reload.setEventHandler(handler: onReload)
    sources.append(reload)
    self.sources = sources
    sources.forEach { $0.resume() }
  }

  deinit { sources.forEach { $0.cancel() } }
}
