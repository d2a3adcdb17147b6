import GenkiCore
import GenkiHTTP
import Glibc
import TestSupport
import Testing

/// Parts of files that go up.
@Suite struct UploadTests {
  private static let content = pattern(3_000_000)

  private func server() throws -> ScriptedServer {
    try ScriptedServer { $1.respond("201 Created", headers: ["ETag: \"e\""]) }
  }

  @Test(arguments: [
    (0, 3_000_000), (0, 0), (1, 2_999_999), (1_234_567, 1_048_576), (2_999_999, 1), (500, 70_000),
    (3_000_000, 0), (0, 1_048_575),
  ])
  func aPartOfAFileArrivesToTheByte(offset: Int, length: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.content, to: "file")
    let server = try server()
    let client = HTTPClient.quick()
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    for body: HTTPBody in [
      .file(path: path, offset: offset, length: length),
      .descriptor(descriptor, offset: offset, length: length),
    ] {
      var last: HTTPProgress?
      let response = try client.send(
        HTTPRequest(.put, try server.url("/part"), body: body), progress: { last = $0 })
      #expect(response.status == 201)
      #expect(response.headers["etag"] == "\"e\"")
      #expect(last?.sent == length)
      #expect(last?.sentTotal == length)
    }
    for seen in server.requests {
      #expect(seen.body == Array(Self.content[offset..<offset + length]))
      #expect(seen.headers["Content-Length"] == "\(length)")
      #expect(seen.headers["Expect"] == (length >= 1 << 20 ? "100-continue" : nil))
    }
    #expect(lseek(descriptor, 0, SEEK_CUR) == 0)
  }

  @Test func withoutALengthTheRestGoes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.content, to: "file")
    let server = try server()
    _ = try HTTPClient.quick().send(
      HTTPRequest(.post, try server.url(), body: .file(path: path, offset: 2_000_000)))
    #expect(server.requests[0].body == Array(Self.content[2_000_000...]))
  }

  @Test(arguments: [(0, 11), (11, 0), (10, 1), (-1, 2), (1, Int.max), (5, -1)])
  func aPartThatIsNotThereIsRefused(offset: Int, length: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(pattern(10), to: "file")
    let server = try server()
    let request = HTTPRequest(
      .put, try server.url(), body: .file(path: path, offset: offset, length: length))
    guard case .file = HTTPError.thrown(by: { try HTTPClient.quick().send(request) }) else {
      Issue.record("it was accepted")
      return
    }
    #expect(server.requests.isEmpty)
  }

  @Test func whatIsNoFileIsRefused() throws {
    let folder = try TemporaryFolder()
    for path in [folder.path, folder.file("missing")] {
      let request = HTTPRequest(.put, try HTTPURL("http://127.0.0.1:9/"), body: .file(path: path))
      guard case .file = HTTPError.thrown(by: { try HTTPClient.quick().send(request) }) else {
        Issue.record("\(path) was accepted")
        return
      }
    }
  }

  @Test func aFileThatShrinksEndsTheRequest() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.content, to: "file")
    let hasEnded = Guarded(false)
    let server = try ScriptedServer { connection in
      // Reads nothing before the file is short: socket buffers hold only a part of it.
      _ = hasEnded.wait(until: Monotonic.seconds + 20) { $0 ? true : nil }
      connection.readRequest()
    }
    let size = 64 << 20
    truncate(path, size)
    let request = HTTPRequest(.put, try server.url(), body: .file(path: path))
    var isShort = false
    let error = HTTPError.thrown {
      try HTTPClient.quick().send(request) { progress in
        guard progress.sent > 0, !isShort else { return }
        isShort = true
        truncate(path, 1_000)
        hasEnded.update { $0 = true }
      }
    }
    guard case .file(.truncated) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func anEarlyRefusalCostsNoUpload() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("", to: "file")
    truncate(path, 1 << 30)
    let server = try ScriptedServer { connection in
      connection.waitForRequestHead()
      connection.respond("403 Forbidden", text: "expired")
    }
    var sent = 0
    let response = try HTTPClient.quick().send(
      HTTPRequest(.put, try server.url(), body: .file(path: path)), progress: { sent = $0.sent })
    #expect(response.status == 403)
    #expect(response.text == "expired")
    #expect(sent == 0)
  }

  @Test func aStalledReceiverTimesOut() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("", to: "file")
    truncate(path, 64 << 20)
    let hasEnded = Guarded(false)
    let server = try ScriptedServer { _ in
      _ = hasEnded.wait(until: Monotonic.seconds + 20) { $0 ? true : nil }
    }
    var request = HTTPRequest(.put, try server.url(), body: .file(path: path))
    request.timeouts = HTTPTimeouts(idleSeconds: 0.3)
    let error = HTTPError.thrown { try HTTPClient.quick().send(request) }
    hasEnded.update { $0 = true }
    guard case .timedOut(_, .idle, 0.3, 0) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func bandwidthUpIsLimited() throws {
    let server = try server()
    var request = HTTPRequest(.put, try server.url(), body: .bytes(pattern(200_000)))
    request.uploadBytesPerSecond = 400_000
    let start = Monotonic.seconds
    _ = try HTTPClient.quick().send(request)
    #expect(Monotonic.seconds - start > 0.3, "200 kB at 400 kB/s take half a second")
    #expect(server.requests[0].body == pattern(200_000))
  }
}
