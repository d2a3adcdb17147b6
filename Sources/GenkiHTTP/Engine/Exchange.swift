import GenkiCore

/// One request under way: what its caller's thread and the worker's thread share.
///
/// The worker puts head and body in; the caller takes them out, so that what is done with the bytes
/// happens on the caller's thread and holds up nobody else. The body waits in a buffer of bounded
/// size; while that is full the transfer stands still.
final class Exchange: Sendable {
  /// How an exchange ended.
  struct End: Sendable {
    var received: Int
    var timing: HTTPTiming
  }

  private struct State {
    var head: HTTPHead?
    var buffer: [UInt8] = []
    var isPaused = false
    var wantsResume = false
    var stop: HTTPError?
    var sent = 0
    var received = 0
    var outcome: Result<End, HTTPError>?
  }

  /// What the caller's thread finds.
  private enum Event {
    case head(HTTPHead)
    case bytes(resumes: Bool)
    case end(Result<End, HTTPError>)
  }

  private static let bufferBytes = 1 << 20
  private static let progressSeconds = 0.1

  let plan: ExchangePlan
  private let state = Guarded(State())

  init(_ plan: ExchangePlan) { self.plan = plan }

  // MARK: - On the caller's thread

  /// Gives head and body to the closures until the end.
  ///
  /// - Parameter attend: Makes the worker look at this exchange.
  func follow(
    attend: () -> Void, progress: ((HTTPProgress) -> Void)?,
    onHead: (HTTPHead) throws -> Void, receive: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> End {
    var taken: [UInt8] = []
    var head: HTTPHead?
    var shown: HTTPProgress?
    func show() {
      guard let progress else { return }
      let now = state.withLock { state in
        HTTPProgress(
          sent: state.sent, sentTotal: plan.upload.length, received: state.received,
          receivedTotal: head?.contentLength)
      }
      if now != shown { progress(now) }
      shown = now
    }
    do {
      while true {
        let deadline = progress == nil ? nil : Monotonic.seconds + Self.progressSeconds
        let event = state.wait(until: deadline) { state -> Event? in
          if head == nil, let new = state.head { return .head(new) }
          if !state.buffer.isEmpty {
            swap(&state.buffer, &taken)
            defer { state.isPaused = false }
            if state.isPaused { state.wantsResume = true }
            return .bytes(resumes: state.isPaused)
          }
          return state.outcome.map { .end($0) }
        }
        switch event {
        case nil: show()
        case .head(let new):
          head = new
          try onHead(new)
        case .bytes(let resumes):
          if resumes { attend() }
          try taken.withUnsafeBytes { try receive($0) }
          taken.removeAll(keepingCapacity: true)
        case .end(let outcome):
          let end = try outcome.get()
          show()
          return end
        }
      }
    } catch {
      // The worker must have let go before the caller may close what it lent.
      if stop(.cancelled(target: plan.target)) { attend() }
      _ = state.wait { $0.outcome }
      throw error
    }
  }

  /// Asks for an early end. Returns whether the worker must be told.
  func stop(_ error: HTTPError) -> Bool {
    state.update { state in
      guard state.outcome == nil, state.stop == nil else { return false }
      state.stop = error
      return true
    }
  }

  // MARK: - On the worker's thread

  /// Why it is to end early, if somebody asked.
  var stopReason: HTTPError? { state.withLock { $0.stop } }

  /// Whether the transfer may go on after a pause; asking takes the wish.
  func takeResume() -> Bool {
    state.withLock { state in
      defer { state.wantsResume = false }
      return state.wantsResume
    }
  }

  func deliver(_ head: HTTPHead) { state.update { $0.head = head } }

  /// Takes bytes of the body; false if there is no room until the caller has taken some.
  func deliver(_ bytes: UnsafeRawBufferPointer) -> Bool {
    state.update { state in
      guard state.buffer.count < Self.bufferBytes else {
        state.isPaused = true
        return false
      }
      state.buffer.append(contentsOf: bytes)
      return true
    }
  }

  func note(sent: Int, received: Int) {
    state.withLock { state in
      state.sent = sent
      state.received = received
    }
  }

  func finish(_ outcome: Result<End, HTTPError>) {
    state.update { state in
      if state.outcome == nil { state.outcome = outcome }
    }
  }
}
