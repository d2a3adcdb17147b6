import GenkiCore

/// A request got no answer that could be used. Its text holds no secrets.
public enum HTTPError: ReportableError, Equatable {
  /// An address cannot be used.
  case badURL(url: String, reason: String)
  /// A request cannot be sent as it is: a mistake of ours.
  case badRequest(target: HTTPTarget, reason: String)
  /// No connection; nothing of the request was sent.
  case cannotConnect(target: HTTPTarget, reason: String)
  /// It took too long.
  case timedOut(target: HTTPTarget, limit: Limit, seconds: Double, received: Int)
  /// The server's certificate or its TLS cannot be trusted.
  case tls(target: HTTPTarget, reason: String)
  /// The answer is larger than allowed; `bytes` is nil if only the stream tells.
  case tooLarge(target: HTTPTarget, part: Part, bytes: Int?, limit: Int)
  /// Somebody ended it.
  case cancelled(target: HTTPTarget)
  /// The client was closed.
  case closed(target: HTTPTarget)
  /// The client has as many requests as it may.
  case tooManyRequests(target: HTTPTarget, limit: Int)
  /// The connection broke after the request was sent, at least in part.
  case interrupted(target: HTTPTarget, received: Int, reason: String)
  /// The answer is not HTTP as we understand it.
  case badResponse(target: HTTPTarget, reason: String)
  /// A redirect that must not be followed.
  case redirectRefused(target: HTTPTarget, reason: String)
  /// The server said no; `excerpt` is the beginning of what else it said, in quotation marks.
  case status(target: HTTPTarget, code: Int, excerpt: String)
  /// The file to upload cannot be read.
  case file(FileError)

  /// Which limit of time was reached.
  public enum Limit: Sendable, Equatable {
    /// Nothing moved.
    case idle
    /// Too little moved.
    case slow(bytesPerSecond: Int)
    /// The request's own.
    case total
  }

  /// Which part of an answer is too large.
  public enum Part: String, Sendable {
    /// The body.
    case body
    /// The header lines.
    case headers
  }

  /// Status codes that say "later".
  public static let transientStatuses: Set = [408, 425, 429, 500, 502, 503, 504]

  /// Whether trying again later may work.
  public var isTransient: Bool {
    switch self {
    case .cannotConnect, .timedOut, .interrupted, .tooManyRequests: true
    case .status(_, let code, _): Self.transientStatuses.contains(code)
    default: false
    }
  }

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .badURL: .configuration
    case .badRequest: .internalError
    case .cannotConnect, .tls: .unavailable
    case .timedOut, .interrupted, .tooManyRequests: .temporary
    case .tooLarge, .badResponse, .redirectRefused: .invalidData
    case .cancelled, .closed: .failed
    case .status(_, 401, _), .status(_, 403, _): .notPermitted
    case .status: isTransient ? .temporary : .failed
    case .file(let error): error.kind
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .badURL(let url, _): "\(url) cannot be used"
    case .badRequest(let target, _), .cannotConnect(let target, _),
      .timedOut(let target, _, _, _), .tls(let target, _), .tooLarge(let target, _, _, _),
      .cancelled(let target), .closed(let target), .tooManyRequests(let target, _),
      .interrupted(let target, _, _), .badResponse(let target, _),
      .redirectRefused(let target, _), .status(let target, _, _):
      "\(target)"
    case .file(let error): error.what
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .badURL(_, let reason), .badRequest(_, let reason), .redirectRefused(_, let reason):
      reason
    case .cannotConnect(_, let reason): "no connection: \(reason)"
    case .timedOut(_, let limit, let seconds, let received):
      switch limit {
      case .idle: "nothing moved for \(Self.text(seconds)) s, after \(received) bytes"
      case .slow(let speed):
        "less than \(speed) bytes/s for \(Self.text(seconds)) s, after \(received) bytes"
      case .total: "not done within \(Self.text(seconds)) s, after \(received) bytes"
      }
    case .tls(_, let reason): "no trusted connection: \(reason)"
    case .tooLarge(_, let part, let bytes, let limit):
      "the \(part == .body ? "body has" : "headers have") "
        + (bytes.map { "\($0) bytes, " } ?? "") + "more than the limit of \(limit)"
    case .cancelled: "it was cancelled"
    case .closed: "the client was closed"
    case .tooManyRequests(_, let limit): "\(limit) requests are under way already"
    case .interrupted(_, let received, let reason):
      "the connection broke after \(received) bytes of the body: \(reason)"
    case .badResponse(_, let reason): "the answer is not valid: \(reason)"
    case .status(_, let code, let excerpt):
      "the server answers \(code)" + (excerpt.isEmpty ? "" : ": \(excerpt)")
    case .file(let error): error.why
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .badURL, .redirectRefused: "check the configured address"
    case .badRequest: "please report this"
    case .cannotConnect: "check the address, the network and the proxy settings"
    case .timedOut: "check the network, or try again later"
    case .tls: "check the clock, the address and the CA certificates; verification stays on"
    case .tooLarge, .badResponse: "is this the right server?"
    case .interrupted, .tooManyRequests: "try again"
    case .status(_, 401, _), .status(_, 403, _): "check the token and its rights"
    case .status: isTransient ? "try again later" : nil
    case .file(let error): error.advice
    case .cancelled, .closed: nil
    }
  }

  private static func text(_ seconds: Double) -> String {
    let tenths = (seconds * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }
}
