import GenkiCore

/// A small blocking client of a daemon's socket.
///
/// One thread at a time uses it. Answers are matched by id, so that calls may be pipelined and
/// notifications may stand between them. Once a call has thrown ``RPCClientError`` the connection is
/// of no more use; an ``RPCCallError`` is an answer like any other.
public final class RPCClient {
  /// The socket's path.
  public let socketPath: String
  /// How long a call waits for its answer unless it says otherwise.
  public var timeoutSeconds: Double
  private let line: LineSocket
  private var lastID: Int64 = 0
  private var answers: [Int64: JSONValue] = [:]
  private var notifications: [RPCNotification] = []

  /// Waiting notifications beyond this are a mistake of the daemon.
  private static let notificationsMaximum = 100_000

  /// Connects.
  ///
  /// - Parameters:
  ///   - socketPath: The socket.
  ///   - timeoutSeconds: How long connecting, and each call, may take.
  ///   - lineBytesMaximum: The longest answer that is read.
  /// - Throws: ``RPCClientError`` if nobody listens there or we may not.
  public init(
    socketPath: String, timeoutSeconds: Double = 60, lineBytesMaximum: Int = 64 << 20
  ) throws {
    self.socketPath = socketPath
    self.timeoutSeconds = timeoutSeconds
    line = try LineSocket(
      path: socketPath, timeoutSeconds: timeoutSeconds, lineBytesMaximum: lineBytesMaximum)
  }

  /// For poll(2): readable when something has come. Look at ``nextNotification(timeoutSeconds:)``
  /// with 0 first, since lines that were read already do not show here.
  public var descriptor: Int32 { line.descriptor }

  /// Calls a method with parameters by name and waits for its result.
  ///
  /// - Throws: ``RPCCallError`` if the answer is an error, ``RPCClientError`` if there is none.
  @discardableResult
  public func call(
    _ method: String, _ parameters: JSONObject = [:], timeoutSeconds: Double? = nil
  ) throws -> JSONValue {
    try call(method, parameters: .object(parameters), timeoutSeconds: timeoutSeconds)
  }

  /// Calls a method with an object or array of parameters and waits for its result.
  @discardableResult
  public func call(
    _ method: String, parameters: JSONValue, timeoutSeconds: Double? = nil
  ) throws -> JSONValue {
    let deadline = Deadline(seconds: timeoutSeconds ?? self.timeoutSeconds)
    let id = try send(method, parameters, deadline)
    return try answer(id, method, deadline)
  }

  /// Sends all calls before it waits for the first answer; results come in the order of the calls.
  public func pipeline(
    _ calls: [(method: String, parameters: JSONObject)]
  ) throws -> [Result<JSONValue, RPCCallError>] {
    let deadline = Deadline(seconds: timeoutSeconds)
    let ids = try calls.map { try send($0.method, .object($0.parameters), deadline) }
    return try zip(ids, calls).map { id, call in
      do {
        return .success(try answer(id, call.method, deadline))
      } catch let error as RPCCallError {
        return .failure(error)
      }
    }
  }

  /// Opens a subscription; its events come from ``nextNotification(timeoutSeconds:)``.
  public func startSubscription(_ method: String, _ parameters: JSONObject = [:]) throws -> Int {
    let result = try call(method, parameters)
    guard let id = result["subscription"]?.intValue else {
      throw RPCClientError.badAnswer(path: socketPath, why: "\(method) answered without a number")
    }
    return id
  }

  /// Opens a subscription and gives its events to `body` until that returns false, the daemon ends
  /// the subscription or hangs up.
  ///
  /// - Returns: Why the daemon ended it; nil if `body` wanted no more.
  @discardableResult
  public func subscribe(
    _ method: String, _ parameters: JSONObject = [:], _ body: (JSONValue) throws -> Bool
  ) throws -> RPCStreamEnd? {
    let id = try startSubscription(method, parameters)
    while true {
      guard let notification = try nextNotification(timeoutSeconds: nil) else { continue }
      guard notification.subscription == id else { continue }
      if let end = notification.end { return end }
      if try !body(notification.event) {
        try call("rpc.unsubscribe", ["subscription": JSONValue(id)])
        return nil
      }
    }
  }

  /// The next notification; nil if none came in time. `timeoutSeconds` nil waits for ever, 0 only
  /// looks.
  public func nextNotification(timeoutSeconds: Double?) throws -> RPCNotification? {
    let deadline = timeoutSeconds.map { Deadline(seconds: $0) } ?? .never
    while notifications.isEmpty {
      guard let line = try line.read(deadline) else { return nil }
      try take(line)
    }
    return notifications.removeFirst()
  }

  // MARK: - Messages

  private func send(_ method: String, _ parameters: JSONValue, _ deadline: Deadline) throws -> Int64
  {
    lastID += 1
    let request: JSONValue = .object([
      "jsonrpc": "2.0", "id": .integer(lastID), "method": .string(method), "params": parameters,
    ])
    try line.write(request.encoded(), deadline)
    return lastID
  }

  private func answer(_ id: Int64, _ method: String, _ deadline: Deadline) throws -> JSONValue {
    while true {
      if let answer = answers.removeValue(forKey: id) {
        if let error = answer["error"] { throw RPCCallError(method: method, json: error) }
        return answer["result"] ?? .null
      }
      guard let line = try line.read(deadline) else {
        throw RPCClientError.timedOut(path: socketPath, method: method)
      }
      try take(line)
    }
  }

  private func take(_ line: [UInt8]) throws {
    let message: JSONValue
    do {
      message = try JSONValue.parse(line, source: "the answer")
    } catch {
      throw RPCClientError.badAnswer(path: socketPath, why: "\(error)")
    }
    switch message["id"] {
    case .some(.integer(let id)) where id > 0 && id <= lastID: answers[id] = message
    case .some(.null):
      // The connection as a whole is refused: too many, a line too long.
      throw RPCCallError(method: "connect", json: message["error"] ?? .null)
    case .some(let id):
      throw RPCClientError.badAnswer(path: socketPath, why: "unknown id \(id.encoded())")
    case nil:
      guard notifications.count < Self.notificationsMaximum,
        let notification = RPCNotification(message)
      else { throw RPCClientError.badAnswer(path: socketPath, why: "not a notification") }
      notifications.append(notification)
    }
  }
}

/// One notification of a subscription.
public struct RPCNotification: Sendable, Equatable {
  /// The stream's method.
  public var method: String
  /// The subscription's number.
  public var subscription: Int
  /// What happened; null in the last notification.
  public var event: JSONValue
  /// In the last notification: why there are no more.
  public var end: RPCStreamEnd?

  init?(_ message: JSONValue) {
    guard let method = message["method"]?.stringValue, let parameters = message["params"],
      let subscription = parameters["subscription"]?.intValue
    else { return nil }
    self.method = method
    self.subscription = subscription
    event = parameters["event"] ?? .null
    end = parameters["end"]?.stringValue.map { RPCStreamEnd(rawValue: $0) ?? .finished }
  }
}
