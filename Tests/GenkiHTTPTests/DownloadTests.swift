import GenkiHTTP
import Testing

/// Downloads that are continued, and what must not be.
@Suite struct DownloadTests {
  private static let file = pattern(300_000)
  private let policy = RetryPolicy(attemptsMaximum: 3)

  /// What a caller would have on disk.
  private final class Sink {
    var bytes: [UInt8]
    var restarts = 0

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }
  }

  private func run(
    _ server: ScriptedServer, _ sink: Sink, change: (inout HTTPDownload) -> Void = { _ in },
    progress: ((HTTPProgress) -> Void)? = nil
  ) throws -> HTTPDownloadResult {
    var download = HTTPDownload(
      try server.get("/file"), expectedBytes: Self.file.count, bytesMaximum: 1 << 20,
      bytesPresent: sink.bytes.count)
    change(&download)
    return try HTTPClient.quick().download(
      download, retrying: policy, environment: VirtualClock().environment, progress: progress
    ) {
      sink.bytes = []
      sink.restarts += 1
    } receive: {
      sink.bytes.append(contentsOf: $0)
    }
  }

  /// Serves ranges of the file as it should be done.
  private static func serve(_ request: ReceivedRequest, _ connection: ServerConnection) {
    guard let range = request.headers["Range"] else {
      return connection.respond("200 OK", headers: ["ETag: \"v1\""], body: file)
    }
    let start = Int(range.dropFirst("bytes=".count).dropLast()) ?? 0
    guard start < file.count else {
      return connection.respond("416 No", headers: ["Content-Range: bytes */\(file.count)"])
    }
    connection.respond(
      "206 Partial",
      headers: ["ETag: \"v1\"", "Content-Range: bytes \(start)-\(file.count - 1)/\(file.count)"],
      body: Array(file[start...]))
  }

  @Test func aWholeFileComesAtOnce() throws {
    let server = try ScriptedServer(answering: Self.serve)
    let sink = Sink()
    var last: HTTPProgress?
    let result = try run(server, sink, progress: { last = $0 })
    #expect(sink.bytes == Self.file)
    #expect(
      result
        == HTTPDownloadResult(
          byteCount: Self.file.count, entityTag: "\"v1\"", restarts: 0, requests: 1))
    #expect(server.requests[0].headers["Range"] == nil)
    #expect(last?.received == Self.file.count)
  }

  @Test func aCutFileIsContinuedWhereItBroke() throws {
    let cut: ScriptedServer.Script = { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 300000\r\n\r\n")
      connection.write(Array(Self.file[..<100_000]))
    }
    let server = try ScriptedServer(cut) { connection in
      while let request = connection.readRequest() { Self.serve(request, connection) }
    }
    let sink = Sink()
    var shown: [HTTPProgress] = []
    let result = try run(server, sink, progress: { shown.append($0) })
    #expect(sink.bytes == Self.file)
    #expect(sink.restarts == 0)
    #expect(result.requests == 2)
    #expect(server.requests[1].headers["Range"] == "bytes=100000-")
    #expect(server.requests[1].headers["If-Range"] == "\"v1\"")
    #expect(shown.last?.received == Self.file.count)
    #expect(shown.last?.receivedTotal == Self.file.count)
  }

  @Test func whatIsThereIsNotFetchedAgain() throws {
    let server = try ScriptedServer(answering: Self.serve)
    let sink = Sink(Array(Self.file[..<299_999]))
    let result = try run(server, sink)
    #expect(sink.bytes == Self.file)
    #expect(server.requests[0].headers["Range"] == "bytes=299999-")
    // Nothing said what it was the beginning of.
    #expect(server.requests[0].headers["If-Range"] == nil)
    #expect(result.restarts == 0)
    #expect(try run(server, sink).requests == 0)
    // Without a known length the server says that nothing is missing.
    let again = try run(server, sink) { $0.expectedBytes = nil }
    #expect(again.requests == 1)
    #expect(again.byteCount == Self.file.count)
  }

  @Test func anIgnoredRangeStartsOverOrFails() throws {
    let server = try ScriptedServer {
      $1.respond("200 OK", headers: ["ETag: \"v1\""], body: Self.file)
    }
    let sink = Sink(Array(Self.file[..<1_000]))
    let result = try run(server, sink) { $0.entityTag = "\"v1\"" }
    #expect(sink.bytes == Self.file)
    #expect(sink.restarts == 1)
    #expect(result.restarts == 1)
    #expect(result.requests == 1)
    let strict = Sink(Array(Self.file[..<1_000]))
    #expect(
      throws: HTTPDownloadError.rangeIgnored(target: try server.get("/file").target, asked: 1_000)
    ) { try run(server, strict) { $0.onMismatch = .fail } }
    #expect(strict.bytes.count == 1_000)
  }

  @Test(arguments: [false, true]) func aChangedFileStartsOverOrFails(ignoresIfRange: Bool) throws {
    let server = try ScriptedServer { request, connection in
      if ignoresIfRange, request.headers["Range"] != nil {
        connection.respond(
          "206 Partial", headers: ["ETag: \"v2\"", "Content-Range: bytes 1000-299999/300000"],
          body: Array(Self.file[1_000...]))
      } else {
        connection.respond("200 OK", headers: ["ETag: \"v2\""], body: Self.file)
      }
    }
    let sink = Sink(pattern(1_000).map { ~$0 })
    let result = try run(server, sink) { $0.entityTag = "\"v1\"" }
    #expect(sink.bytes == Self.file)
    #expect(result.restarts == 1)
    #expect(result.entityTag == "\"v2\"")
    let strict = Sink(pattern(1_000))
    #expect(
      throws: HTTPDownloadError.changed(
        target: try server.get("/file").target, before: "\"v1\"", after: "\"v2\"")
    ) {
      try run(server, strict) {
        $0.entityTag = "\"v1\""
        $0.onMismatch = .fail
      }
    }
    #expect(strict.bytes == pattern(1_000))
  }

  @Test(arguments: [
    "bytes 0-299999/300000", "bytes 1001-299999/300000", "bytes 1000-299998/300000",
    "bytes 1000-300000/300000", "bytes */300000", "bytes 1000-299999", "items 1000-299999/300000",
    "bytes 1000-99999999999999999999/*", "",
  ])
  func anotherRangeThanAskedIsRefused(range: String) throws {
    let server = try ScriptedServer {
      $1.respond("206 Partial", headers: ["Content-Range: \(range)"], body: Self.file)
    }
    let sink = Sink(Array(Self.file[..<1_000]))
    #expect(
      throws: HTTPDownloadError.wrongRange(
        target: try server.get("/file").target, asked: 1_000, answer: range)
    ) { try run(server, sink) { $0.onMismatch = .fail } }
    #expect(sink.bytes.count == 1_000)
    // Starting over does not help against a server that answers so to a request without a range.
    guard case .badResponse = HTTPError.thrown(by: { try run(server, sink) }) else {
      Issue.record("206 was accepted without a range")
      return
    }
    #expect(sink.restarts == 1)
  }

  @Test(arguments: [299_999, 300_001]) func anotherLengthIsRefusedBeforeAByteComes(length: Int)
    throws
  {
    let server = try ScriptedServer { $1.respond("200 OK", body: pattern(length)) }
    let sink = Sink()
    let error = HTTPDownloadError.wrongLength(
      target: try server.get("/file").target, bytes: length, expected: 300_000)
    #expect(throws: error) { try run(server, sink) }
    #expect(sink.bytes.isEmpty)
  }

  @Test(arguments: [299_999, 300_001]) func anotherLengthIsSeenAtTheEnd(length: Int) throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
      connection.write(pattern(length))
    }
    let sink = Sink()
    #expect {
      try run(server, sink)
    } throws: { error in
      guard case HTTPDownloadError.wrongLength(_, _, 300_000) = error else { return false }
      return true
    }
    #expect(sink.bytes.count <= 300_000)
  }

  @Test func aTotalThatContradictsIsRefused() throws {
    let server = try ScriptedServer {
      $1.respond(
        "206 Partial", headers: ["Content-Range: bytes 1000-399999/400000"],
        body: pattern(399_000))
    }
    let sink = Sink(pattern(1_000))
    #expect(
      throws: HTTPDownloadError.wrongLength(
        target: try server.get("/file").target, bytes: 400_000, expected: 300_000)
    ) { try run(server, sink) }
  }

  @Test func aFileOverTheLimitIsRefused() throws {
    let server = try ScriptedServer { request, connection in
      if request.path == "/file" {
        connection.respond("200 OK", body: pattern(2_000))
      } else {
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while connection.write(Array("400\r\n".utf8) + pattern(1_024) + Array("\r\n".utf8)) {}
      }
    }
    for path in ["/file", "/endless"] {
      let sink = Sink()
      let url = try server.url(path)
      guard
        case .tooLarge = HTTPError.thrown(by: {
          try run(server, sink) {
            $0.request.url = url
            $0.expectedBytes = nil
            $0.bytesMaximum = 1_999
          }
        })
      else {
        Issue.record("\(path) was accepted")
        return
      }
      #expect(sink.bytes.count <= 1_999)
    }
  }

  @Test func attemptsWithoutProgressEnd() throws {
    let server = try ScriptedServer { connection in
      let request = connection.readRequest()
      let start = request?.headers["Range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
      let head =
        start == 0
        ? "200 OK\r\nContent-Length: 300000"
        : "206 P\r\nContent-Range: bytes \(start)-299999/300000\r\nContent-Length: \(300_000 - start)"
      connection.write("HTTP/1.1 \(head)\r\n\r\n")
      connection.write([Self.file[start]])
    }
    let sink = Sink()
    guard case .interrupted = HTTPError.thrown(by: { try run(server, sink) }) else {
      Issue.record("it went on byte by byte")
      return
    }
    #expect(server.requests.count == 3)
    #expect(sink.bytes == Array(Self.file[..<3]))
  }

  @Test func aRefusalAndASinkThatThrowsEndIt() throws {
    struct Full: Error {}
    let server = try ScriptedServer { request, connection in
      if request.path == "/file" {
        connection.respond("200 OK", body: Self.file)
      } else {
        connection.respond("403 Forbidden", text: "expired")
      }
    }
    let forbidden = try server.url("/other")
    guard
      case .status(_, 403, "\"expired\"") = HTTPError.thrown(by: {
        try run(server, Sink()) { $0.request.url = forbidden }
      })
    else {
      Issue.record("no refusal")
      return
    }
    let download = HTTPDownload(try server.get("/file"), bytesMaximum: 1 << 20)
    #expect(throws: Full.self) {
      try HTTPClient.quick().download(download, restart: {}, receive: { _ in throw Full() })
    }
    // Even one that looks as if trying again would help.
    let target = download.request.target
    #expect(throws: HTTPError.interrupted(target: target, received: 0, reason: "mine")) {
      try HTTPClient.quick().download(
        download, restart: {},
        receive: { _ in throw HTTPError.interrupted(target: target, received: 0, reason: "mine") })
    }
    #expect(server.requests.filter { $0.path == "/file" }.count == 2)
  }

  @Test(
    arguments: [
      ("bytes 0-9/10", 0...9, 10), ("bytes 5-9/*", 5...9, nil), ("bytes */10", nil, 10),
      ("Bytes 0-0/1", 0...0, 1),
    ] as [(String, ClosedRange<Int>?, Int?)])
  func contentRangesAreRead(text: String, bytes: ClosedRange<Int>?, total: Int?) throws {
    let range = try #require(ContentRange(text))
    #expect(range.bytes == bytes)
    #expect(range.total == total)
  }

  @Test(arguments: [
    "bytes 9-0/10", "bytes 0-10/10", "bytes */*", "bytes -1-9/10", "bytes 0-9", "0-9/10", "bytes",
    "bytes +0-9/10", "bytes 0-9/10 x", "bytes 0--9/10", "bytes 0-9/",
  ])
  func otherContentRangesAreNot(text: String) { #expect(ContentRange(text) == nil) }
}
