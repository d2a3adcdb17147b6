import GenkiCore

/// What a server answered, whatever its status.
public struct HTTPResponse: Sendable {
  /// Status and headers.
  public var head: HTTPHead
  /// The body, if it was to stay in memory; of a streamed request, the first 64 KiB of an answer that
  /// is not a success.
  public var body: [UInt8]
  /// Bytes of the body that came, streamed ones included.
  public var bodyByteCount: Int
  /// How long it took.
  public var timing: HTTPTiming
  /// What errors call the request.
  public var target: HTTPTarget
  /// What the request was sent with and the answer may repeat.
  var secrets = HTTPSecrets()

  /// An answer.
  public init(
    head: HTTPHead, body: [UInt8], bodyByteCount: Int, timing: HTTPTiming, target: HTTPTarget
  ) {
    self.head = head
    self.body = body
    self.bodyByteCount = bodyByteCount
    self.timing = timing
    self.target = target
  }

  /// The status code.
  public var status: Int { head.status }
  /// The header fields.
  public var headers: HTTPHeaders { head.headers }
  /// Where the answer came from, after redirects.
  public var url: HTTPURL { head.url }
  /// Whether the status is 200…299.
  public var isSuccess: Bool { head.isSuccess }

  /// This response if its status is a success.
  ///
  /// - Throws: ``HTTPError/status(target:code:excerpt:)`` with the beginning of the body, without what
  ///   it repeats of the request's secrets.
  @discardableResult
  public func requireSuccess() throws -> HTTPResponse {
    guard isSuccess else { throw statusError }
    return self
  }

  /// The status as an error.
  public var statusError: HTTPError {
    .status(target: target, code: status, excerpt: excerpt)
  }

  /// A text of the answer as it may be shown: what it repeats of the request's authorization, or of the
  /// values of its address's query, is taken out.
  public func withoutSecrets(_ text: String) -> String { secrets.removed(from: text) }

  /// The beginning of the body as one printable line.
  private var excerpt: String {
    let beginning = body.prefix(Self.excerptBytes)
    var words = String(decoding: beginning, as: UTF8.self).split { $0.isWhitespace }
    // Half a secret would not be recognised.
    if beginning.count < body.count, words.count > 1 { words.removeLast() }
    let line = withoutSecrets(words.joined(separator: " "))
    return line.isEmpty ? "" : line.quoted(limit: Self.excerptCharacters)
  }

  private static let excerptBytes = 16 << 10
  private static let excerptCharacters = 200
}

/// Status and headers of an answer, before its body.
public struct HTTPHead: Sendable, Hashable {
  /// The status code, 200…599.
  public var status: Int
  /// The header fields.
  public var headers: HTTPHeaders
  /// Where the answer came from.
  public var url: HTTPURL

  /// A head.
  public init(status: Int, headers: HTTPHeaders, url: HTTPURL) {
    self.status = status
    self.headers = headers
    self.url = url
  }

  /// Whether the status is 200…299.
  public var isSuccess: Bool { (200...299).contains(status) }

  /// The length that `Content-Length` states.
  public var contentLength: Int? {
    headers["Content-Length"].flatMap { text in
      text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
  }
}

/// How long the last exchange of a request took.
public struct HTTPTiming: Sendable, Hashable {
  /// Until the connection stood; 0 if it was there already.
  public var connectSeconds: Double
  /// Until the first byte of the answer.
  public var firstByteSeconds: Double
  /// Until its last.
  public var totalSeconds: Double
  /// Whether an open connection was used again.
  public var reusedConnection: Bool
  /// 1.1 or 2, in tenths: 11, 20.
  public var versionTenths: Int

  /// Times; without any, those of an answer that did not come over a network.
  public init(
    connectSeconds: Double = 0, firstByteSeconds: Double = 0, totalSeconds: Double = 0,
    reusedConnection: Bool = false, versionTenths: Int = 11
  ) {
    self.connectSeconds = connectSeconds
    self.firstByteSeconds = firstByteSeconds
    self.totalSeconds = totalSeconds
    self.reusedConnection = reusedConnection
    self.versionTenths = versionTenths
  }
}

/// How far a request is.
public struct HTTPProgress: Sendable, Hashable {
  /// Bytes of the body that went up.
  public var sent: Int
  /// All of them.
  public var sentTotal: Int
  /// Bytes of the answer's body that came down.
  public var received: Int
  /// All of them, if the server said.
  public var receivedTotal: Int?
}
