import GenkiCore

extension HTTPClient {
  /// So many new bytes and the next failure counts as the first.
  private static let progressBytes = 1 << 20

  /// Fetches a file, continuing it by ranges after each interruption.
  ///
  /// All closures are called on this thread. What `restart` or `receive` throws ends the download and
  /// is thrown on; the content is the caller's to check, with a digest.
  ///
  /// - Parameters:
  ///   - policy: How often, and after how long, it is continued.
  ///   - environment: Time and chance.
  ///   - onRetry: Called before each wait.
  ///   - progress: Called now and then; its numbers are those of the whole file.
  ///   - restart: The bytes so far are void, and the next ones are the file's first.
  ///   - receive: The next bytes of the file.
  /// - Throws: ``HTTPError``, ``HTTPDownloadError``, or what a closure throws.
  public func download(
    _ download: HTTPDownload, retrying policy: RetryPolicy = RetryPolicy(),
    environment: RetryEnvironment = .system, onRetry: ((HTTPRetry) -> Void)? = nil,
    progress: ((HTTPProgress) -> Void)? = nil, restart: () throws -> Void,
    receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> HTTPDownloadResult {
    let target = download.request.target
    guard download.request.method == .get else {
      throw HTTPError.badRequest(target: target, reason: "only a GET can be continued")
    }
    if let expected = download.expectedBytes, expected > download.bytesMaximum {
      throw HTTPError.tooLarge(
        target: target, part: .body, bytes: expected, limit: download.bytesMaximum)
    }
    var state = DownloadState(download)
    var loop = retryLoop(for: download.request, policy, environment, onRetry)
    var requests = 0
    var mark = state.position
    while state.position == 0 || state.position != download.expectedBytes {
      requests += 1
      let attempt: (error: HTTPError, headers: HTTPHeaders?)?
      do {
        attempt = try downloadOnce(
          &state, loop, progress: progress, restart: restart, receive: receive)
      } catch let error as HTTPDownloadError where state.mayRestart(after: error) {
        try state.restart(after: error, restart)
        mark = 0
        continue
      }
      guard let failure = attempt else { break }
      // Only what is wholly new counts; a restarted file has to pass the mark first.
      if state.position - mark >= Self.progressBytes {
        mark = state.position
        loop.noteProgress()
      }
      guard policy.mayRetry(download.request, after: failure.error),
        try loop.waits(after: failure.error, headers: failure.headers, target: target)
      else { throw failure.error }
    }
    return HTTPDownloadResult(
      byteCount: state.position, entityTag: state.entityTag, restarts: state.restarts,
      requests: requests)
  }

  /// One request; gives what went wrong if another may help.
  private func downloadOnce(
    _ state: inout DownloadState, _ loop: RetryLoop, progress: ((HTTPProgress) -> Void)?,
    restart: () throws -> Void, receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> (error: HTTPError, headers: HTTPHeaders?)? {
    // What a closure throws is thrown on, even if it is an error of ours.
    var thrown: (any Error)?
    func passing(_ body: () throws -> Void) throws {
      do {
        try body()
      } catch {
        thrown = error
        throw error
      }
    }
    var total = state.total
    var start = state.position
    var own = state
    defer { state = own }
    do {
      let response = try send(
        loop.attempt(own.request()),
        progress: progress.map { progress in
          { part in
            progress(
              HTTPProgress(
                sent: 0, sentTotal: 0, received: start + part.received, receivedTotal: total))
          }
        },
        onHead: { head in
          try passing { try own.begin(head, restart: restart) }
          (start, total) = (own.position, own.total)
        },
        receive: { bytes in
          try passing {
            try own.take(bytes.count)
            try receive(bytes)
          }
        })
      if try own.isWhole(response) { return nil }
      return (response.statusError, response.headers)
    } catch let error as HTTPError where thrown == nil {
      return (error, nil)
    }
  }
}
