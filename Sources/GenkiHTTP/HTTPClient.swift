import GenkiCore

/// Speaks HTTP over libcurl: one thread that owns all connections, for callers on any number of
/// threads. Calls block their caller until the answer is there.
///
/// What a caller wants done with the bytes happens on the caller's own thread; while it is busy its
/// transfer waits, and no other. Certificates are always verified.
public final class HTTPClient: Sendable {
  /// How it speaks to the world.
  public let settings: HTTPClientSettings
  private let worker: Worker
  /// Wakes those who wait between two attempts.
  let closing = HTTPCancellation()

  /// A client; its thread runs until ``close()`` or the end of the last reference.
  public init(_ settings: HTTPClientSettings = HTTPClientSettings()) {
    self.settings = settings
    worker = Worker(settings)
  }

  deinit { close() }

  /// Ends all requests under way with ``HTTPError/closed(target:)``; later ones end so at once.
  public func close() {
    closing.cancel()
    worker.close()
  }

  /// Sends a request and gives the answer, whatever its status, with its body in memory.
  ///
  /// - Parameter progress: Called now and then on this thread while it waits.
  /// - Throws: ``HTTPError``.
  public func send(
    _ request: HTTPRequest, progress: ((HTTPProgress) -> Void)? = nil
  ) throws -> HTTPResponse {
    var body: [UInt8] = []
    var response = try send(request, progress: progress) { head in
      if request.method != .head {
        body.reserveCapacity(min(head.contentLength ?? 0, request.limits.bodyBytes))
      }
    } receive: { bytes in
      body.append(contentsOf: bytes)
    }
    if response.isSuccess { response.body = body }
    return response
  }

  /// Sends a request and streams the body of a successful answer.
  ///
  /// - Parameters:
  ///   - progress: Called now and then on this thread while it waits.
  ///   - onHead: Called on this thread with status and headers of the last answer, before its body.
  ///   - receive: Called on this thread with the pieces of the body of a status 200…299. What it throws
  ///     ends the request and is thrown on.
  /// - Throws: ``HTTPError``, or what a closure throws.
  public func send(
    _ request: HTTPRequest, progress: ((HTTPProgress) -> Void)? = nil,
    onHead: (HTTPHead) throws -> Void = { _ in },
    receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> HTTPResponse {
    let deadline = request.totalSeconds.map { Monotonic.seconds + max(0, $0) }
    var current = request
    var followed = 0
    while true {
      let answer = try exchange(
        current, deadline: deadline, followed: followed, progress: progress, onHead: onHead,
        receive: receive)
      guard let next = answer.next else { return answer.response }
      current = next
      followed += 1
    }
  }

  /// One request and its answer, and what follows if that is a redirect.
  private func exchange(
    _ request: HTTPRequest, deadline: Double?, followed: Int,
    progress: ((HTTPProgress) -> Void)?, onHead: (HTTPHead) throws -> Void,
    receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> (response: HTTPResponse, next: HTTPRequest?) {
    let plan = try ExchangePlan(request, settings: settings, deadline: deadline)
    let exchange = Exchange(plan)
    let worker = worker
    let registration = request.cancellation?.register {
      if exchange.stop(.cancelled(target: plan.target)) { worker.attend(exchange) }
    }
    defer { request.cancellation?.remove(registration) }
    try worker.start(exchange)
    var answered: HTTPHead?
    var next: HTTPRequest?
    var refusal: [UInt8] = []
    let end = try exchange.follow(
      attend: { worker.attend(exchange) }, progress: progress,
      onHead: { head in
        answered = head
        next = try RedirectPolicy.next(
          after: head, of: request, followed: followed, maximum: settings.redirectsMaximum)
        if next == nil { try onHead(head) }
      },
      receive: { bytes in
        if answered?.isSuccess == true {
          try receive(bytes)
        } else if next == nil {
          refusal.append(contentsOf: bytes)
        }
      })
    guard let head = answered else {
      throw HTTPError.badResponse(target: plan.target, reason: "it has no status line")
    }
    var response = HTTPResponse(
      head: head, body: refusal, bodyByteCount: end.received, timing: end.timing,
      target: plan.target)
    response.secrets = HTTPSecrets(request)
    return (response, next)
  }
}
