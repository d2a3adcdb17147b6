import GenkiCore

/// Makes status and headers from the lines that come, within limits.
struct HeadReader {
  private let plan: ExchangePlan
  private var byteCount = 0
  private var lineCount = 0
  private var status = 0
  private var headers = HTTPHeaders()
  /// Whether the head of the answer itself has come; what follows are trailers.
  private(set) var isComplete = false

  init(_ plan: ExchangePlan) { self.plan = plan }

  /// Whether the answer is not a success, so that its body is none that was asked for.
  var isRefusal: Bool { isComplete && !(200...299).contains(status) }

  /// Takes one line with its end; gives the head once it is complete.
  mutating func read(_ line: UnsafeRawBufferPointer) throws(HTTPError) -> HTTPHead? {
    byteCount += line.count
    lineCount += 1
    guard byteCount <= plan.limits.headerBytes else {
      throw .tooLarge(
        target: plan.target, part: .headers, bytes: nil, limit: plan.limits.headerBytes)
    }
    guard lineCount <= plan.limits.headerCount else {
      throw bad("it has more than \(plan.limits.headerCount) header lines")
    }
    guard !isComplete else { return nil }
    let text = line.prefix { $0 != 0x0D && $0 != 0x0A }
    if text.isEmpty { return try finish() }
    if text.starts(with: "HTTP/".utf8) {
      try readStatus(Array(text))
    } else {
      try readField(Array(text))
    }
    return nil
  }

  private mutating func readStatus(_ line: [UInt8]) throws(HTTPError) {
    let parts = line.split(separator: 0x20, maxSplits: 2)
    guard parts.count >= 2, parts[1].count == 3,
      let code = Int(String(decoding: parts[1], as: UTF8.self)), (100...599).contains(code)
    else { throw bad("its status line is \(shown(line))") }
    status = code
    headers = HTTPHeaders()
  }

  private mutating func readField(_ line: [UInt8]) throws(HTTPError) {
    guard status != 0, let colon = line.firstIndex(of: UInt8(ascii: ":")),
      HTTPHeaders.isName(line[..<colon])
    else { throw bad("its header has the line \(shown(line))") }
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let value = line[(colon + 1)...].drop(while: isBlank)
    let end = value.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? value.startIndex
    let trimmed = value[..<end]
    let name = String(decoding: line[..<colon], as: UTF8.self)
    guard HTTPHeaders.isValue(trimmed) else { throw bad("its header \(name) is not valid") }
    headers.add(name, String(decoding: trimmed, as: UTF8.self))
  }

  private mutating func finish() throws(HTTPError) -> HTTPHead? {
    guard status >= 200 else {
      guard status != 0, status != 101 else { throw bad("its status is \(status)") }
      return nil
    }
    isComplete = true
    let head = HTTPHead(status: status, headers: headers, url: plan.url)
    guard Set(headers.values(of: "Content-Length")).count <= 1 else {
      throw bad("it states several lengths")
    }
    let hasBody = plan.method != .head && status != 204 && status != 304
    if hasBody, head.isSuccess, let length = head.contentLength, length > plan.limits.bodyBytes {
      throw .tooLarge(
        target: plan.target, part: .body, bytes: length, limit: plan.limits.bodyBytes)
    }
    return head
  }

  private func bad(_ reason: String) -> HTTPError {
    .badResponse(target: plan.target, reason: reason)
  }

  private func shown(_ line: [UInt8]) -> String {
    String(decoding: line.prefix(200), as: UTF8.self).quoted(limit: 60)
  }
}
