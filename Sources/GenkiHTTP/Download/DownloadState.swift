import GenkiCore

/// How far a download is, and what an answer means for it; pure but for `restart`.
struct DownloadState {
  /// A server that never continues a file is left after so many beginnings.
  static let restartsMaximum = 3

  let download: HTTPDownload
  private(set) var position: Int
  private(set) var entityTag: String?
  private(set) var restarts = 0
  /// The length of the whole, once known.
  private(set) var total: Int?

  init(_ download: HTTPDownload) {
    self.download = download
    position = download.bytesPresent
    entityTag = download.bytesPresent > 0 ? download.entityTag : nil
    total = download.expectedBytes
  }

  private var target: HTTPTarget { download.request.target }

  /// The request for what is missing.
  func request() -> HTTPRequest {
    var request = download.request
    request.limits.bodyBytes = download.bytesMaximum
    guard position > 0 else { return request }
    request.headers["Range"] = "bytes=\(position)-"
    // Only a strong tag says that two files are equal to the byte.
    if let tag = entityTag, tag.hasPrefix("\"") { request.headers["If-Range"] = tag }
    return request
  }

  /// Looks at an answer before its body; `restart` is called if that begins at 0 again.
  mutating func begin(_ head: HTTPHead, restart: () throws -> Void) throws {
    guard head.isSuccess else { return }
    switch (head.status, position) {
    case (200, 0): break
    case (200, _):
      try check(tag: head) { error in try self.restart(after: error, restart) }
      if position > 0 {
        try self.restart(after: .rangeIgnored(target: target, asked: position), restart)
      }
    case (206, 1...): return try continueBody(head)
    default:
      throw HTTPError.badResponse(
        target: target, reason: "the status is \(head.status), which was not asked for")
    }
    entityTag = head.headers["ETag"]
    if let length = head.contentLength { try learn(total: length) }
  }

  private mutating func continueBody(_ head: HTTPHead) throws {
    try check(tag: head) { throw $0 }
    let text = head.headers["Content-Range"] ?? ""
    guard let range = ContentRange(text), let bytes = range.bytes, bytes.lowerBound == position
    else { throw wrongRange(text) }
    if let whole = range.total { try learn(total: whole) }
    guard bytes.upperBound + 1 == total ?? bytes.upperBound + 1 else { throw wrongRange(text) }
    entityTag = head.headers["ETag"] ?? entityTag
  }

  private func wrongRange(_ text: String) -> HTTPDownloadError {
    .wrongRange(target: target, asked: position, answer: text)
  }

  /// Calls `differs` if the tag that the bytes came with is another now.
  private func check(
    tag head: HTTPHead, _ differs: (HTTPDownloadError) throws -> Void
  ) throws {
    guard let before = entityTag, let after = head.headers["ETag"], before != after else { return }
    try differs(.changed(target: target, before: before, after: after))
  }

  /// Whether another beginning may mend it.
  func mayRestart(after error: HTTPDownloadError) -> Bool {
    switch error {
    case .changed, .wrongRange: position > 0 && download.onMismatch == .restart
    case .rangeIgnored, .wrongLength: false
    }
  }

  /// Begins at 0 again.
  ///
  /// - Throws: The error if it began too often, or is not to.
  mutating func restart(
    after error: HTTPDownloadError, _ restart: () throws -> Void
  ) throws {
    guard download.onMismatch == .restart, restarts < Self.restartsMaximum else { throw error }
    restarts += 1
    position = 0
    entityTag = nil
    total = download.expectedBytes
    try restart()
  }

  private mutating func learn(total length: Int) throws {
    if let total, total != length {
      throw HTTPDownloadError.wrongLength(target: target, bytes: length, expected: total)
    }
    guard length <= download.bytesMaximum else {
      throw HTTPError.tooLarge(
        target: target, part: .body, bytes: length, limit: download.bytesMaximum)
    }
    total = length
  }

  /// Counts bytes before they are used.
  mutating func take(_ count: Int) throws {
    guard count <= (total ?? download.bytesMaximum) - position else {
      if let total {
        throw HTTPDownloadError.wrongLength(
          target: target, bytes: position + count, expected: total)
      }
      throw HTTPError.tooLarge(
        target: target, part: .body, bytes: nil, limit: download.bytesMaximum)
    }
    position += count
  }

  /// Whether an answer to the last request says that nothing is missing.
  func isWhole(_ response: HTTPResponse) throws -> Bool {
    if response.status == 416, position > 0 {
      let text = response.headers["Content-Range"] ?? ""
      guard let range = ContentRange(text), range.bytes == nil, range.total == position else {
        throw wrongRange(text)
      }
    } else if !response.isSuccess {
      return false
    }
    if let total, position != total {
      throw HTTPDownloadError.wrongLength(target: target, bytes: position, expected: total)
    }
    return true
  }
}
