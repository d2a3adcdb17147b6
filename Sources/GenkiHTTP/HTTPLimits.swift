/// How much an answer may be. What is more is refused as soon as it is announced or begins.
public struct HTTPLimits: Sendable, Hashable {
  /// The longest body, in memory or streamed.
  public var bodyBytes: Int
  /// All header lines of all answers to one request, interim ones and trailers included.
  public var headerBytes: Int
  /// The number of header lines.
  public var headerCount: Int

  /// Limits; the defaults are for answers in memory.
  public init(bodyBytes: Int = 16 << 20, headerBytes: Int = 64 << 10, headerCount: Int = 200) {
    self.bodyBytes = bodyBytes
    self.headerBytes = headerBytes
    self.headerCount = headerCount
  }

  /// The same with another longest body.
  public static func body(_ bytes: Int) -> HTTPLimits { HTTPLimits(bodyBytes: bytes) }
}

/// How long a request may take nowhere.
public struct HTTPTimeouts: Sendable, Hashable {
  /// Looking up the host, connecting and agreeing on TLS, together.
  public var connectSeconds: Double
  /// Without a byte in either direction, once connected; also the longest wait for an answer.
  public var idleSeconds: Double
  /// While a body moves, fewer than this many bytes a second over ``slowSeconds`` is too slow; 0 for
  /// any speed.
  public var slowBytesPerSecond: Int
  /// How long it may be too slow.
  public var slowSeconds: Double

  /// Times; the defaults suit the internet.
  public init(
    connectSeconds: Double = 10, idleSeconds: Double = 60, slowBytesPerSecond: Int = 1_000,
    slowSeconds: Double = 60
  ) {
    self.connectSeconds = connectSeconds
    self.idleSeconds = idleSeconds
    self.slowBytesPerSecond = slowBytesPerSecond
    self.slowSeconds = slowSeconds
  }
}
