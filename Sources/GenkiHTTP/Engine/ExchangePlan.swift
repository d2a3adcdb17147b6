import GenkiCore

/// One request to one origin, checked and ready for the wire; redirects make further ones.
struct ExchangePlan: Sendable {
  let method: HTTPMethod
  let url: HTTPURL
  let target: HTTPTarget
  let headerLines: [String]
  let upload: UploadSource
  let limits: HTTPLimits
  let timeouts: HTTPTimeouts
  let maySendTwice: Bool
  let downloadBytesPerSecond: Int
  let uploadBytesPerSecond: Int
  /// When all must be done, on the monotonic clock, and how long that was.
  let deadline: Double?
  let totalSeconds: Double

  /// Fields that are made from the rest of a request.
  private static let ours: Set = [
    "authorization", "proxy-authorization", "host", "content-length", "transfer-encoding",
    "connection", "expect", "te", "upgrade", "keep-alive", "proxy-connection", "trailer",
  ]
  /// A file at least so long asks before it sends, so that a refusal costs no upload.
  private static let expectBytes = 1 << 20

  /// - Throws: ``HTTPError`` if the request cannot be sent as it is.
  init(_ request: HTTPRequest, settings: HTTPClientSettings, deadline: Double?) throws {
    let target = request.target
    method = request.method
    url = request.url
    self.target = target
    limits = request.limits
    timeouts = request.timeouts ?? settings.timeouts
    maySendTwice = request.maySendTwice
    downloadBytesPerSecond = request.downloadBytesPerSecond
    uploadBytesPerSecond = request.uploadBytesPerSecond
    self.deadline = deadline
    totalSeconds = request.totalSeconds ?? 0
    if method == .get || method == .head {
      guard request.body == .none else {
        throw HTTPError.badRequest(target: target, reason: "\(method.rawValue) carries no body")
      }
    }
    upload = try UploadSource(request.body)
    headerLines = try Self.lines(of: request, upload: upload)
  }

  /// Whether bytes, or a stated length of 0, go up.
  var sendsBody: Bool { method.hasBody || upload.length > 0 }

  private static func lines(of request: HTTPRequest, upload: UploadSource) throws -> [String] {
    func refused(_ reason: String) -> HTTPError {
      .badRequest(target: request.target, reason: reason)
    }
    var lines: [String] = []
    for field in request.headers.fields {
      guard HTTPHeaders.isName(field.name.utf8), HTTPHeaders.isValue(field.value.utf8) else {
        throw refused("the header \(field.name.quoted(limit: 40)) is not valid")
      }
      guard !ours.contains(field.name.lowercased()) else {
        throw refused("the header \(field.name) is set by the client")
      }
      // A line that ends with a semicolon is how libcurl is told of an empty value.
      lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    if let authorization = request.authorization {
      let value = authorization.headerValue
      guard !value.isEmpty, HTTPHeaders.isValue(value.utf8) else {
        throw refused("the authorization holds characters that no header may")
      }
      lines.append("Authorization: \(value)")
    }
    // Sizes and ranges are those of the file, never of its compressed form.
    if request.headers["Accept-Encoding"] == nil { lines.append("Accept-Encoding: identity") }
    if !(upload.isFile && upload.length >= expectBytes) { lines.append("Expect:") }
    return lines
  }
}
