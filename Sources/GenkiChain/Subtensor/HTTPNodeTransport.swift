import GenkiCore
import GenkiHTTP

/// A node behind an address, asked by HTTP POST.
public struct HTTPNodeTransport: NodeTransport {
  /// Bytes of an answer at most: a node's own limit is 15 MiB.
  static let answerBytesMaximum = 32 << 20
  /// Seconds within which an answer must have come whole: less than the loop's watchdog allows.
  static let answerSeconds = 30.0

  /// Scheme, host and port: paths may hold a provider's key.
  public let name: String
  private let url: HTTPURL
  private let client: HTTPClient

  /// - Parameters:
  ///   - address: `https://…` or `http://…`; `wss://` and `ws://` stand for these, because nodes
  ///     answer both on one port.
  /// - Throws: `HTTPError.badURL`.
  public init(address: String, client: HTTPClient) throws {
    var address = address
    for (socket, plain) in [("wss://", "https://"), ("ws://", "http://")]
    where address.lowercased().hasPrefix(socket) {
      address = plain + address.dropFirst(socket.count)
    }
    url = try HTTPURL(address)
    name = url.origin.description
    self.client = client
  }

  /// Posts a body and gives the answer's body.
  public func post(_ body: [UInt8]) throws -> [UInt8] {
    let isShort = NodeDeadline.isShort
    var request = HTTPRequest(
      .post, url, headers: ["Content-Type": "application/json"], body: .bytes(body),
      limits: .body(Self.answerBytesMaximum), redirects: .none,
      totalSeconds: NodeDeadline.requestSeconds(atMost: Self.answerSeconds))
    request.hidesPath = true
    do {
      let response = try client.send(request)
      switch response.status {
      case 200: return response.body
      case 429, 503:
        throw NodeFailure.busy(
          reason: response.statusError.why,
          retryAfterSeconds: response.headers["Retry-After"].flatMap(Double.init))
      default: throw NodeFailure.unreachable(reason: response.statusError.why)
      }
    } catch let error as HTTPError {
      switch error {
      case .tooLarge, .badResponse, .redirectRefused:
        throw NodeFailure.badAnswer(reason: error.why)
      case .timedOut where isShort: throw NodeFailure.outOfTime
      case .timedOut: throw NodeFailure.timedOut(reason: error.why)
      default: throw NodeFailure.unreachable(reason: error.why)
      }
    }
  }
}
