import GenkiHTTP
import Testing

/// Many threads, cancellation, and the end of a client.
@Suite struct ConcurrencyTests {
  /// Answers the head and a few bytes, then nothing.
  private static let stalling: ScriptedServer.Script = { connection in
    _ = connection.readRequest()
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    connection.waitForHangUp()
  }

  @Test func manyThreadsShareAClient() throws {
    let server = try ScriptedServer { request, connection in
      let size = Int(request.path.dropFirst()) ?? 0
      connection.respond("200 OK", body: pattern(size) + request.body)
    }
    let client = HTTPClient.quick { $0.connectionsPerHostMaximum = 4 }
    let counts = try onThreads(24) { thread in
      try (0..<20).filter { number in
        let size = (thread * 7_919 + number * 104_729) % 200_000
        let body = Array("\(thread)/\(number)".utf8)
        let response = try client.send(
          HTTPRequest(.post, try server.url("/\(size)"), body: .bytes(body)))
        return response.body == pattern(size) + body
      }.count
    }
    #expect(counts == Array(repeating: 20, count: 24))
    #expect(Set(server.requests.map(\.connection)).count <= 4)
  }

  @Test func cancellationFromAnotherThreadEndsATransfer() throws {
    let server = try ScriptedServer(Self.stalling)
    let cancellation = HTTPCancellation()
    var request = try server.get()
    request.cancellation = cancellation
    let start = Monotonic.seconds
    var sunk = 0
    let error = HTTPError.thrown {
      try HTTPClient.quick().send(request) { bytes in
        sunk += bytes.count
        inBackground { cancellation.cancel() }
      }
    }
    #expect(error == .cancelled(target: request.target))
    #expect(sunk == 3)
    #expect(Monotonic.seconds - start < 10)
    // Once cancelled it stays so, and nothing goes out.
    #expect(
      HTTPError.thrown { try HTTPClient.quick().send(request) }
        == .cancelled(target: request.target))
    #expect(server.requests.count == 1)
  }

  @Test func oneCancellationEndsManyAndSparesOthers() throws {
    let stalled = try ScriptedServer(Self.stalling)
    let fine = try ScriptedServer { $1.respond("200 OK", text: "fine") }
    let client = HTTPClient.quick { $0.connectionsPerHostMaximum = 20 }
    let cancellation = HTTPCancellation()
    inBackground {
      _ = stalled.requests(atLeast: 10)
      cancellation.cancel()
    }
    let ended = try onThreads(11) { number in
      var request = try number == 10 ? fine.get() : stalled.get()
      request.cancellation = number == 10 ? nil : cancellation
      if number == 10 { _ = stalled.requests(atLeast: 10) }
      return HTTPError.thrown { try client.send(request) } == .cancelled(target: request.target)
    }
    #expect(ended == Array(repeating: true, count: 10) + [false])
  }

  @Test func closingEndsWhatRunsAndWhatComes() throws {
    let server = try ScriptedServer(Self.stalling)
    let client = HTTPClient.quick()
    inBackground {
      _ = server.requests(atLeast: 3)
      client.close()
    }
    let errors = try onThreads(3) { _ in HTTPError.thrown { try client.send(server.get()) } }
    let target = try server.get().target
    #expect(errors == Array(repeating: .closed(target: target), count: 3))
    #expect(HTTPError.thrown { try client.send(server.get()) } == .closed(target: target))
    client.close()
  }

  @Test func aClientThatIsLetGoHangsUp() throws {
    let hungUp = Guarded(0)
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.respond("200 OK")
      if connection.waitForHangUp() { hungUp.update { $0 += 1 } }
    }
    for _ in 0..<5 { _ = try HTTPClient.quick().send(server.get()) }
    #expect(hungUp.wait(until: Monotonic.seconds + 20) { $0 == 5 ? true : nil } == true)
  }

  @Test func oneRequestMoreThanAllowedIsRefused() throws {
    let server = try ScriptedServer(Self.stalling)
    let client = HTTPClient.quick { $0.requestsMaximum = 1 }
    let request = try server.get()
    let first = Guarded<HTTPError??>(nil)
    inBackground {
      let error = HTTPError.thrown { try client.send(request) }
      first.update { $0 = .some(error) }
    }
    _ = server.requests(atLeast: 1)
    #expect(
      HTTPError.thrown { try client.send(request) }
        == .tooManyRequests(target: request.target, limit: 1))
    client.close()
    #expect(
      first.wait(until: Monotonic.seconds + 20) { $0 } == .some(.closed(target: request.target)))
  }

  @Test func bandwidthIsLimitedAndShared() throws {
    let server = try ScriptedServer { $1.respond("200 OK", body: pattern(500_000)) }
    let client = HTTPClient.quick { $0.downloadBytesPerSecond = 2_000_000 }
    let start = Monotonic.seconds
    let sizes = try onThreads(2) { _ in try client.send(server.get()).body.count }
    let seconds = Monotonic.seconds - start
    #expect(sizes == [500_000, 500_000])
    #expect(seconds > 0.3, "1 MB at 2 MB/s takes half a second")
    #expect(seconds < 10)
  }
}
