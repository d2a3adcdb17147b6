import GenkiCore

extension HTTPClient {
  /// Sends a request until there is an answer that is no "later", as far as the policy goes.
  ///
  /// - Parameters:
  ///   - policy: How often, and after how long.
  ///   - environment: Time and chance.
  ///   - onRetry: Called on this thread before each wait.
  ///   - progress: Called now and then on this thread during each attempt.
  /// - Returns: The last answer, whatever its status.
  /// - Throws: ``HTTPError`` of the last attempt.
  public func send(
    _ request: HTTPRequest, retrying policy: RetryPolicy, environment: RetryEnvironment = .system,
    onRetry: ((HTTPRetry) -> Void)? = nil, progress: ((HTTPProgress) -> Void)? = nil
  ) throws -> HTTPResponse {
    var loop = retryLoop(for: request, policy, environment, onRetry)
    while true {
      do {
        let response = try send(loop.attempt(request), progress: progress)
        guard policy.mayRetry(request, after: response.status),
          try loop.waits(
            after: response.statusError, headers: response.headers, target: request.target)
        else { return response }
      } catch let error as HTTPError where policy.mayRetry(request, after: error) {
        guard try loop.waits(after: error, headers: nil, target: request.target) else {
          throw error
        }
      }
    }
  }

  /// The waits of one call, which cancellation and ``close()`` end.
  func retryLoop(
    for request: HTTPRequest, _ policy: RetryPolicy, _ environment: RetryEnvironment,
    _ onRetry: ((HTTPRetry) -> Void)?
  ) -> RetryLoop {
    RetryLoop(
      policy, environment,
      cancellations: [closing] + (request.cancellation.map { [$0] } ?? []), onRetry: onRetry)
  }
}
