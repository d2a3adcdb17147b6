import CCurl
import GenkiCore

/// What the worker's thread does; nobody else touches it.
final class WorkerLoop {
  /// What came since the last look.
  struct Mail {
    var arrivals: [Exchange]
    var needAttention: [Exchange]
    var isClosed: Bool
  }

  private static let longestWaitSeconds = 3_600.0

  private let multi: UnsafeMutableRawPointer
  private let settings: HTTPClientSettings
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  private var handles: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]
  private var ended = 0
  private var sharesAreStale = false

  init(_ multi: UnsafeMutableRawPointer, _ settings: HTTPClientSettings) {
    self.multi = multi
    self.settings = settings
  }

  /// Moves bytes until the mail says that the client is closed.
  func run(_ mail: () -> Mail, isDone: (Int) -> Void) {
    while true {
      let mail = mail()
      for exchange in mail.arrivals { add(exchange, isClosed: mail.isClosed) }
      for exchange in mail.needAttention { attend(exchange) }
      if mail.isClosed { closeAll() }
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      takeFinished()
      let wait = checkClocks()
      if sharesAreStale { shareBandwidth() }
      if ended > 0 {
        isDone(ended)
        ended = 0
      }
      if mail.isClosed { return }
      let milliseconds = (min(wait, Self.longestWaitSeconds) * 1_000).rounded(.up)
      curl_multi_poll(multi, nil, 0, Int32(max(0, milliseconds)), nil)
    }
  }

  private func add(_ exchange: Exchange, isClosed: Bool) {
    func refuse(_ error: HTTPError) {
      exchange.finish(.failure(error))
      ended += 1
    }
    let target = exchange.plan.target
    if isClosed { return refuse(.closed(target: target)) }
    if let reason = exchange.stopReason { return refuse(reason) }
    guard let transfer = Transfer(exchange, now: Monotonic.seconds) else {
      return refuse(.badRequest(target: target, reason: "there is no memory left"))
    }
    do {
      try transfer.prepare(settings)
    } catch {
      return refuse(error as? HTTPError ?? .badRequest(target: target, reason: "\(error)"))
    }
    transfers[transfer.easy] = transfer
    handles[ObjectIdentifier(exchange)] = transfer.easy
    shareBandwidth()
    if curl_multi_add_handle(multi, transfer.easy) != CURLM_OK {
      end(transfer, .failure(.badRequest(target: target, reason: "libcurl refuses it")))
    }
  }

  private func attend(_ exchange: Exchange) {
    guard let handle = handles[ObjectIdentifier(exchange)], let transfer = transfers[handle] else {
      return
    }
    if let reason = exchange.stopReason { return end(transfer, .failure(reason)) }
    guard exchange.takeResume(), transfer.isPaused else { return }
    transfer.isPaused = false
    transfer.watch.restart(now: Monotonic.seconds)
    curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
  }

  private func closeAll() {
    for transfer in Array(transfers.values) {
      end(transfer, .failure(.closed(target: transfer.plan.target)))
    }
  }

  private func takeFinished() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let transfer = transfers[easy]
      else { continue }
      end(transfer, transfer.outcome(genki_curl_message_result(message)))
    }
  }

  private func end(_ transfer: Transfer, _ outcome: Result<Exchange.End, HTTPError>) {
    curl_multi_remove_handle(multi, transfer.easy)
    transfers[transfer.easy] = nil
    handles[ObjectIdentifier(transfer.exchange)] = nil
    sharesAreStale = true
    transfer.exchange.finish(outcome)
    ended += 1
  }

  /// Ends what took too long; gives the seconds until the next look is due.
  private func checkClocks() -> Double {
    let now = Monotonic.seconds
    var next = now + Self.longestWaitSeconds
    for transfer in Array(transfers.values) {
      switch check(transfer, now) {
      case .success(let due): next = min(next, due)
      case .failure(let error): end(transfer, .failure(error))
      }
    }
    return next - now
  }

  /// When to look at a transfer again, or why it ends.
  private func check(_ transfer: Transfer, _ now: Double) -> Result<Double, HTTPError> {
    let plan = transfer.plan
    func late(_ limit: HTTPError.Limit, _ seconds: Double) -> Result<Double, HTTPError> {
      .failure(
        .timedOut(
          target: plan.target, limit: limit, seconds: seconds, received: transfer.receivedBytes))
    }
    let deadline = plan.deadline ?? .infinity
    guard now < deadline else { return late(.total, plan.totalSeconds) }
    // Before the request goes out libcurl's own limit on connecting holds; a pause is the caller's.
    guard transfer.sendings > 0, !transfer.isPaused else { return .success(deadline) }
    let uploaded = transfer.uploadedBytes
    let isUploading = uploaded < plan.upload.length
    let verdict = transfer.watch.check(
      count: uploaded + transfer.receivedBytes,
      isMoving: isUploading || transfer.reader.isComplete, now: now)
    switch verdict {
    case .fine(let until): return .success(min(deadline, until))
    case .idle: return late(.idle, plan.timeouts.idleSeconds)
    case .slow:
      return late(
        .slow(bytesPerSecond: plan.timeouts.slowBytesPerSecond), plan.timeouts.slowSeconds)
    }
  }

  /// Divides the client's bandwidth among those who use it.
  private func shareBandwidth() {
    sharesAreStale = false
    func speed(_ own: Int, _ shared: Int) -> Int {
      let share = shared > 0 ? max(1, shared / max(1, transfers.count)) : 0
      return own > 0 && share > 0 ? min(own, share) : max(own, share)
    }
    for transfer in transfers.values {
      transfer.limitSpeed(
        download: speed(transfer.plan.downloadBytesPerSecond, settings.downloadBytesPerSecond),
        upload: speed(transfer.plan.uploadBytesPerSecond, settings.uploadBytesPerSecond))
    }
  }
}
