import CCurl
import Foundation
import GenkiCore

/// The thread that owns libcurl's connections and moves all bytes of a client.
final class Worker: Sendable {
  /// What other threads leave for the worker.
  private struct Mailbox {
    /// Nil once the thread has ended; waking it holds the lock, so that it is there meanwhile.
    var multi: MultiHandle?
    var arrivals: [Exchange] = []
    var needAttention: [Exchange] = []
    var count = 0
    var isClosed = false
  }

  private struct MultiHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
  }

  private static let stackBytes = 1 << 20
  /// libcurl must be set up before any thread uses it.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let mailbox = Guarded(Mailbox())
  private let hasEnded = Guarded(false)
  let settings: HTTPClientSettings

  init(_ settings: HTTPClientSettings) {
    self.settings = settings
    guard Self.isReady, let multi = curl_multi_init() else {
      preconditionFailure("libcurl has no memory left")
    }
    genki_curl_multi_set_long(
      multi, CURLMOPT_MAX_HOST_CONNECTIONS, max(1, settings.connectionsPerHostMaximum))
    genki_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(1, settings.idleConnectionsMaximum))
    mailbox.withLock { $0.multi = MultiHandle(pointer: multi) }
    let handle = MultiHandle(pointer: multi)
    let thread = Thread { [self] in
      WorkerLoop(handle.pointer, settings).run {
        takeMail()
      } isDone: {
        done($0)
      }
      mailbox.withLock { $0.multi = nil }
      curl_multi_cleanup(handle.pointer)
      hasEnded.update { $0 = true }
    }
    thread.stackSize = Self.stackBytes
    thread.name = "genki-http"
    thread.start()
  }

  /// Starts an exchange.
  ///
  /// - Throws: ``HTTPError/closed(target:)``, or ``HTTPError/tooManyRequests(target:limit:)``.
  func start(_ exchange: Exchange) throws {
    let target = exchange.plan.target
    try mailbox.withLock { mailbox in
      guard let multi = mailbox.multi, !mailbox.isClosed else {
        throw HTTPError.closed(target: target)
      }
      guard mailbox.count < settings.requestsMaximum else {
        throw HTTPError.tooManyRequests(target: target, limit: settings.requestsMaximum)
      }
      mailbox.count += 1
      mailbox.arrivals.append(exchange)
      curl_multi_wakeup(multi.pointer)
    }
  }

  /// Makes the worker look whether an exchange is to stop or to go on.
  func attend(_ exchange: Exchange) {
    mailbox.withLock { mailbox in
      guard let multi = mailbox.multi else { return }
      mailbox.needAttention.append(exchange)
      curl_multi_wakeup(multi.pointer)
    }
  }

  /// Ends all exchanges and the thread, and waits for that.
  func close() {
    mailbox.withLock { mailbox in
      mailbox.isClosed = true
      if let multi = mailbox.multi { curl_multi_wakeup(multi.pointer) }
    }
    _ = hasEnded.wait { $0 ? true : nil }
  }

  private func takeMail() -> WorkerLoop.Mail {
    mailbox.withLock { mailbox in
      defer {
        mailbox.arrivals = []
        mailbox.needAttention = []
      }
      return WorkerLoop.Mail(
        arrivals: mailbox.arrivals, needAttention: mailbox.needAttention,
        isClosed: mailbox.isClosed)
    }
  }

  private func done(_ count: Int) { mailbox.withLock { $0.count -= count } }
}
