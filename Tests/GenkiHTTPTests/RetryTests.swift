import GenkiHTTP
import Testing

/// What is tried again, and when.
@Suite struct RetryTests {
  private let policy = RetryPolicy(
    attemptsMaximum: 4, firstDelaySeconds: 1, longestDelaySeconds: 3, totalSecondsMaximum: 100,
    longestRetryAfterSeconds: 60)

  // MARK: - The policy alone

  @Test(arguments: [(1, 1.0), (2, 2.0), (3, 3.0)])
  func waitsDoubleUpToTheirBoundAndAreDrawnFromZero(failures: Int, bound: Double) {
    func delay(_ random: Double) -> Double? {
      policy.delay(
        failures: failures, elapsedSeconds: 0, retryAfterSeconds: nil, random: random)
    }
    #expect(delay(0) == 0)
    #expect(delay(0.5) == bound / 2)
    #expect((delay(0.999) ?? 9) < bound)
  }

  @Test func attemptsAndTimeEnd() {
    func delay(_ failures: Int, _ elapsed: Double, _ asked: Double? = nil) -> Double? {
      policy.delay(
        failures: failures, elapsedSeconds: elapsed, retryAfterSeconds: asked, random: 0.5)
    }
    #expect(delay(3, 0) != nil)
    #expect(delay(4, 0) == nil)
    #expect(delay(1, 99.4) == 0.5)
    #expect(delay(1, 99.5) == nil)
    #expect(delay(1, 0, 60) == 60)
    #expect(delay(1, 0, 61) == nil)
    #expect(delay(1, 41, 60) == nil)
    #expect(delay(1, 0, 0.1) == 0.5)
    let many = RetryPolicy(attemptsMaximum: .max, longestDelaySeconds: 8)
    #expect(
      many.delay(failures: 5_000, elapsedSeconds: 0, retryAfterSeconds: nil, random: 0.5) == 4)
  }

  @Test(
    arguments: [
      ("Retry-After", "7", 7.0), ("Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT", 10),
      ("Retry-After", "Sunday, 06-Nov-94 08:49:47 GMT", 10),
      ("Retry-After", "Sun, 06 Nov 1994 08:49:00 GMT", 0), ("Retry-After", "soon", nil),
      ("Retry-After", "-3", nil), ("Retry-After", "", nil),
      ("RateLimit", "\"api\";r=0;t=55", 56), ("RateLimit", "\"api\"; r=0; t=55", 56),
      ("RateLimit", "\"api\";r=3;t=55", nil), ("RateLimit", "\"api\";r=0;t=-5", nil),
    ] as [(String, String, Double?)])
  func serversSayHowLongToWait(name: String, value: String, seconds: Double?) {
    let headers: HTTPHeaders = [name: value]
    #expect(
      RetryAfter.seconds(in: headers, unixSeconds: VirtualClock().unixSeconds) == seconds)
  }

  @Test func whatMayBeRepeated() throws {
    let url = try HTTPURL("http://h/")
    var post = HTTPRequest(.post, url)
    let get = HTTPRequest(.get, url)
    let target = post.target
    let broken = HTTPError.interrupted(target: target, received: 0, reason: "")
    let refused = HTTPError.cannotConnect(target: target, reason: "")
    let late = HTTPError.timedOut(target: target, limit: .idle, seconds: 1, received: 0)
    for status in [408, 425, 429, 500, 502, 503, 504] {
      #expect(policy.mayRetry(get, after: status))
      #expect(!policy.mayRetry(post, after: status))
    }
    for status in [200, 301, 400, 401, 403, 404, 409, 412, 501] {
      #expect(!policy.mayRetry(get, after: status))
    }
    for error in [broken, late] {
      #expect(policy.mayRetry(get, after: error))
      #expect(!policy.mayRetry(post, after: error))
    }
    #expect(policy.mayRetry(post, after: refused))
    post.isRepeatable = true
    #expect(policy.mayRetry(post, after: broken) && policy.mayRetry(post, after: 503))
    for error: HTTPError in [
      .tls(target: target, reason: ""), .cancelled(target: target), .closed(target: target),
      .tooLarge(target: target, part: .body, bytes: 1, limit: 0),
      .badResponse(target: target, reason: ""), .file(.missing(path: "x")),
      .timedOut(target: target, limit: .total, seconds: 1, received: 0),
    ] { #expect(!policy.mayRetry(get, after: error), "\(error)") }
  }

  // MARK: - On the wire

  @Test func laterIsTriedAgainAfterTheAskedTime() throws {
    let server = try ScriptedServer { [answers = Guarded(0)] request, connection in
      switch answers.update({
        $0 += 1; return $0
      }) {
      case 1: connection.respond("429 Slow down", headers: ["Retry-After: 7"])
      case 2:
        connection.respond(
          "503 Busy", headers: ["Retry-After: Sun, 06 Nov 1994 08:49:49 GMT"])
      case 3: connection.respond("500 Oops")
      default: connection.respond("200 OK", text: "done")
      }
    }
    let clock = VirtualClock()
    var told: [HTTPRetry] = []
    let response = try HTTPClient.quick().send(
      server.get(), retrying: policy, environment: clock.environment, onRetry: { told.append($0) })
    #expect(response.text == "done")
    #expect(clock.waits == [7, 12, 1.5])
    #expect(told.map(\.attempts) == [1, 2, 3])
    #expect(server.requests.count == 4)
  }

  @Test func theLastAnswerIsGivenWhenAttemptsEnd() throws {
    let server = try ScriptedServer { $1.respond("503 Busy", text: "no") }
    let clock = VirtualClock()
    let response = try HTTPClient.quick().send(
      server.get(), retrying: policy, environment: clock.environment)
    #expect(response.status == 503)
    #expect(server.requests.count == 4)
    #expect(clock.waits == [0.5, 1, 1.5])
  }

  @Test(arguments: [false, true]) func aPostIsSentOnceUnlessItMayBeRepeated(may: Bool) throws {
    for answer in ["HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", ""] {
      let server = try ScriptedServer { connection in
        _ = connection.readRequest()
        connection.write(answer)
      }
      let request = HTTPRequest(.post, try server.url(), body: .text("x"), isRepeatable: may)
      let result = Result {
        try HTTPClient.quick().send(
          request, retrying: policy, environment: VirtualClock().environment)
      }
      switch result {
      case .success(let response): #expect(response.status == 503 && answer != "")
      case .failure(let error):
        #expect((error as? HTTPError)?.isTransient == true && answer == "")
      }
      #expect(server.requests.count == (may ? 4 : 1))
    }
  }

  /// libcurl sends a request again by itself when a connection that it kept turns out dead.
  @Test(arguments: [false, true])
  func aPostOnADeadConnectionIsSentOnceUnlessItMayBeRepeated(may: Bool) throws {
    let server = try ScriptedServer({ connection in
      _ = connection.readRequest()
      connection.respond("200 OK", text: "first")
      // The next one is taken, and perhaps carried out, and never answered.
      _ = connection.readRequest()
    }) { connection in
      while connection.readRequest() != nil { connection.respond("200 OK", text: "again") }
    }
    let client = HTTPClient.quick()
    #expect(try client.send(server.get()).text == "first")
    let request = HTTPRequest(.post, try server.url("/act"), body: .text("x"), isRepeatable: may)
    if may {
      #expect(try client.send(request).text == "again")
    } else {
      guard case .interrupted = HTTPError.thrown(by: { try client.send(request) }) else {
        Issue.record("it was sent twice")
        return
      }
    }
    #expect(server.requests.filter { $0.path == "/act" }.count == (may ? 2 : 1))
    #expect(try client.send(server.get()).text == "again")
  }

  @Test func noConnectionIsTriedAgainEvenForAPost() throws {
    let url = try HTTPURL("http://127.0.0.1:\(try ScriptedServer.closedPort())/")
    let clock = VirtualClock()
    #expect(throws: HTTPError.self) {
      try HTTPClient.quick().send(
        HTTPRequest(.post, url), retrying: policy, environment: clock.environment)
    }
    #expect(clock.waits.count == 3)
  }

  @Test func cancellationEndsAWait() throws {
    let server = try ScriptedServer { $1.respond("503 Busy", headers: ["Retry-After: 50"]) }
    let cancellation = HTTPCancellation()
    var request = try server.get()
    request.cancellation = cancellation
    let start = Monotonic.seconds
    let error = HTTPError.thrown {
      try HTTPClient.quick().send(request, retrying: policy) { _ in
        inBackground { cancellation.cancel() }
      }
    }
    #expect(error == .cancelled(target: request.target))
    #expect(Monotonic.seconds - start < 20)
    #expect(server.requests.count == 1)
  }

  @Test func closingTheClientEndsAWait() throws {
    let server = try ScriptedServer { $1.respond("503 Busy", headers: ["Retry-After: 50"]) }
    let client = HTTPClient.quick()
    let start = Monotonic.seconds
    #expect(throws: HTTPError.self) {
      try client.send(server.get(), retrying: policy) { _ in inBackground { client.close() } }
    }
    #expect(Monotonic.seconds - start < 20)
  }
}
