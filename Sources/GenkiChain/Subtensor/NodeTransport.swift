import GenkiCore

/// Carries one JSON-RPC request to one node and its answer back.
public protocol NodeTransport: Sendable {
  /// The node's address as messages show it, without secrets.
  var name: String { get }
  /// Posts a body and gives the answer's body.
  ///
  /// - Throws: ``NodeFailure``.
  func post(_ body: [UInt8]) throws -> [UInt8]
}

/// A node gave no usable answer. Another node, or the same one later, may.
public enum NodeFailure: Error, Equatable, Sendable {
  /// No answer came.
  case unreachable(reason: String)
  /// No answer came within the time there was.
  case timedOut(reason: String)
  /// The node asks to be left alone for a while.
  case busy(reason: String, retryAfterSeconds: Double?)
  /// The answer makes no sense.
  case badAnswer(reason: String)
  /// The question's own time was over before an answer came: nothing is said of the node.
  case outOfTime

  /// What happened, for messages.
  public var reason: String {
    switch self {
    case .unreachable(let reason), .timedOut(let reason), .badAnswer(let reason),
      .busy(let reason, _):
      reason
    case .outOfTime: "the time for the answer is over"
    }
  }

  /// The same as a kind.
  public var trouble: NodeStatus.Trouble {
    switch self {
    case .unreachable, .timedOut, .outOfTime: .unreachable
    case .busy: .busy
    case .badAnswer: .badAnswer
    }
  }

  /// Whether asking again at once makes sense.
  var mayEndAtOnce: Bool {
    switch self {
    case .unreachable, .badAnswer: true
    case .timedOut, .busy, .outOfTime: false
    }
  }
}

/// A node's answer that says that a method failed.
public struct NodeRefusal: Error, Equatable, Sendable {
  /// JSON-RPC's or the node's own code.
  public var code: Int
  /// The code in words.
  public var message: String
  /// What tells causes of one code apart.
  public var data: String

  /// Code points of a node's text that are kept; one character may be made of any number of them.
  private static let textMaximum = 2_000

  /// A failure as it is in an answer; the ends of long texts are dropped.
  public init(code: Int, message: String, data: String) {
    self.code = code
    self.message = String(message.unicodeScalars.prefix(Self.textMaximum))
    self.data = String(data.unicodeScalars.prefix(Self.textMaximum))
  }

  /// All of it, for messages.
  public var reason: String {
    let text = data.isEmpty ? message : "\(message): \(data)"
    return "\(String(text.unicodeScalars.prefix(400))) (\(code))"
  }

  /// The node does not have that method.
  public var isUnknownMethod: Bool { code == -32601 }
  /// The node has thrown away the state that was asked for.
  public var isStateDiscarded: Bool {
    data.contains("State already discarded") || message.contains("State already discarded")
  }
  /// The node does not know the block that was asked for.
  public var isUnknownBlock: Bool {
    !isStateDiscarded && (data.contains("UnknownBlock") || message.contains("UnknownBlock"))
  }
}

/// One call of a method.
public struct NodeCall: Sendable {
  /// The method.
  public var method: String
  /// Its positional parameters.
  public var parameters: [JSONValue]

  /// A call.
  public init(_ method: String, _ parameters: [JSONValue] = []) {
    self.method = method
    self.parameters = parameters
  }
}
