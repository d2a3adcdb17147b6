import CCurl
import GenkiCore

/// What libcurl calls while a transfer runs, on the worker's thread.
extension Transfer {
  /// Anything else than the number of bytes ends a transfer.
  private static let refused = 0

  func setCallbacks() throws {
    let me = Unmanaged.passUnretained(self).toOpaque()
    for option in [CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_HEADERDATA, CURLOPT_SEEKDATA] {
      try check(genki_curl_set_pointer(easy, option, me))
    }
    try check(genki_curl_set_pointer(easy, CURLOPT_PREREQDATA, me))
    try check(
      genki_curl_set_transfer_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, data in
        guard let me = Transfer.from(data) else { return Transfer.refused }
        return me.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
      })
    try check(
      genki_curl_set_transfer_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, data in
        guard let me = Transfer.from(data) else { return Transfer.refused }
        return me.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
      })
    try check(
      genki_curl_set_transfer_function(easy, CURLOPT_READFUNCTION) { bytes, size, count, data in
        guard let me = Transfer.from(data) else { return Int(CURL_READFUNC_ABORT) }
        return me.send(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
      })
    try check(
      genki_curl_set_seek_function(easy) { data, offset, origin in
        guard let me = Transfer.from(data), origin == 0, offset >= 0,
          offset <= me.plan.upload.length
        else { return CURL_SEEKFUNC_FAIL }
        me.uploadPosition = offset
        return CURL_SEEKFUNC_OK
      })
    try check(
      genki_curl_set_prerequest_function(easy) { data, _, _, _, _ in
        guard let me = Transfer.from(data) else { return CURL_PREREQFUNC_ABORT }
        return me.willSend() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
      })
  }

  private static func from(_ data: UnsafeMutableRawPointer?) -> Transfer? {
    data.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The connection stands and the request is about to go out. A second time only if that does no harm:
  /// the server may have done what the first one asked for and then hung up.
  private func willSend() -> Bool {
    sendings += 1
    watch.restart(now: Monotonic.seconds)
    guard sendings == 1 || plan.maySendTwice else {
      failure = .interrupted(
        target: plan.target, received: receivedBytes,
        reason: "the server closed the connection without an answer")
      return false
    }
    return true
  }

  private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    do {
      if let head = try reader.read(bytes) { exchange.deliver(head) }
      return bytes.count
    } catch {
      failure = error
      return Self.refused
    }
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    if reader.isRefusal { return receiveRefusal(bytes) }
    guard bytes.count <= plan.limits.bodyBytes - receivedBytes else {
      failure = .tooLarge(
        target: plan.target, part: .body, bytes: nil, limit: plan.limits.bodyBytes)
      return Self.refused
    }
    guard exchange.deliver(bytes) else {
      isPaused = true
      return Int(CURL_WRITEFUNC_PAUSE)
    }
    receivedBytes += bytes.count
    exchange.note(sent: sentBytes, received: receivedBytes)
    return bytes.count
  }

  /// What a server says besides "no" is kept in part and never too large.
  private func receiveRefusal(_ bytes: UnsafeRawBufferPointer) -> Int {
    let room = min(Self.refusalBytesKept, plan.limits.bodyBytes) - keptBytes
    if room > 0 {
      let kept = UnsafeRawBufferPointer(rebasing: bytes.prefix(room))
      keptBytes += kept.count
      _ = exchange.deliver(kept)
    }
    receivedBytes += bytes.count
    if receivedBytes > Self.refusalBytesRead {
      endsEarly = true
      return Self.refused
    }
    return bytes.count
  }

  private func send(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    do {
      let count = try plan.upload.read(at: uploadPosition, into: buffer)
      uploadPosition += count
      sentBytes = uploadPosition
      exchange.note(sent: sentBytes, received: receivedBytes)
      return count
    } catch {
      failure = error as? HTTPError ?? .badRequest(target: plan.target, reason: "\(error)")
      return Int(CURL_READFUNC_ABORT)
    }
  }
}
