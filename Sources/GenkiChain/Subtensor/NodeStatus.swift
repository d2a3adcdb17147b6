/// How one of the nodes does.
public struct NodeStatus: Sendable, Hashable {
  /// What is wrong with a node.
  public enum Trouble: String, Sendable, CaseIterable {
    /// No answer came.
    case unreachable
    /// It asks to be left alone.
    case busy
    /// Its answer makes no sense.
    case badAnswer = "bad_answer"
    /// It lags behind what was seen, or contradicts itself.
    case behind
    /// It serves another chain.
    case otherChain = "other_chain"
  }

  /// Its address without secrets.
  public var name: String
  /// Whether the next call goes to it first.
  public var isCurrent: Bool
  /// Whether it has shown the chain's genesis hash since its last failure.
  public var isVerified: Bool
  /// What was wrong with it last; nil if its last call succeeded, or there was none.
  public var trouble: Trouble?
  /// The same in words.
  public var reason: String
  /// Failures one after another.
  public var failures: Int
  /// Seconds for which it is still left alone; 0 if it may be asked.
  public var secondsLeftAlone: Double
  /// What went to it and came from it.
  public var traffic: NodeTraffic

  /// Whether it may be asked now.
  public var isUsable: Bool { secondsLeftAlone == 0 }
}

/// What went to a node and came from it since the start.
public struct NodeTraffic: Sendable, Hashable {
  /// HTTP requests.
  public var requests: UInt64 = 0
  /// Requests without a usable answer, and answers that were not believed.
  public var failures: UInt64 = 0
  /// Bytes of requests' bodies.
  public var bytesSent: UInt64 = 0
  /// Bytes of answers' bodies.
  public var bytesReceived: UInt64 = 0

  /// Nothing yet.
  public init() {}

  /// Both together.
  public static func + (left: NodeTraffic, right: NodeTraffic) -> NodeTraffic {
    var sum = left
    sum.requests += right.requests
    sum.failures += right.failures
    sum.bytesSent += right.bytesSent
    sum.bytesReceived += right.bytesReceived
    return sum
  }
}
