import Foundation
import GenkiChain
import GenkiCore
import GenkiHTTP

/// Stands between daemons and a node and does to requests what networks do.
package final class FaultyGateway: @unchecked Sendable {
  /// Its address.
  package let url: String
  private let node: HTTPNodeTransport
  private let listener: Int32
  private let condition = NSCondition()
  // Guarded by the condition.
  private var dice: FaultDice
  private var isCalm = true
  private var isOut = false
  private var isClosed = false
  private var counts: [GatewayFault: Int] = [:]
  private var refused = 0
  private var onSubmission: (@Sendable ([UInt8]) -> Void)?

  /// - Parameters:
  ///   - nodeURL: Where requests go.
  ///   - oneIn: Of so many requests one is disturbed.
  package init(nodeURL: String, seed: UInt64, oneIn: Int) throws {
    node = try HTTPNodeTransport(address: nodeURL, client: HTTPClient())
    dice = FaultDice(seed: seed, oneIn: oneIn)
    let (descriptor, port) = try LoopbackPort.listen()
    listener = descriptor
    url = "http://127.0.0.1:\(port)"
    let thread = Thread { [weak self] in Self.accept(descriptor) { self } }
    thread.start()
  }

  deinit { close() }

  /// Lets requests through, or disturbs them.
  package func set(isCalm: Bool) { locked { self.isCalm = isCalm } }

  /// Refuses every connection, as a node that has stopped.
  package func set(isOut: Bool) { locked { self.isOut = isOut } }

  /// Called with the bytes of each extrinsic before it goes on to the node.
  package func set(onSubmission: (@Sendable ([UInt8]) -> Void)?) {
    locked { self.onSubmission = onSubmission }
  }

  /// How often each fault happened.
  package var faultCounts: [GatewayFault: Int] { locked { counts } }
  /// Connections that were refused.
  package var refusedCount: Int { locked { refused } }

  /// Ends everything.
  package func close() {
    locked {
      guard !isClosed else { return }
      isClosed = true
      shutdown(listener, Int32(SHUT_RDWR))
      Glibc.close(listener)
      condition.broadcast()
    }
  }

  // MARK: - Connections

  private static func accept(_ listener: Int32, _ gateway: @escaping () -> FaultyGateway?) {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      guard descriptor >= 0 else {
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      guard let gateway = gateway() else {
        Glibc.close(descriptor)
        return
      }
      let thread = Thread { gateway.serve(HTTPSocket(descriptor: descriptor)) }
      thread.start()
    }
  }

  private func serve(_ socket: HTTPSocket) {
    defer { socket.close() }
    let isRefused = locked {
      if isOut { refused += 1 }
      return isOut
    }
    guard !isRefused, let body = socket.readBody() else { return }
    let isSubmission = Self.submission(in: body)
    let fault = locked { () -> GatewayFault? in
      guard !isCalm, let fault = dice.next(isSubmission: isSubmission != nil) else { return nil }
      counts[fault, default: 0] += 1
      return fault
    }
    if let isSubmission, let hook = locked({ onSubmission }) { hook(isSubmission) }
    switch fault {
    case .serverError: socket.write("500 Internal Server Error", body: Array("oops".utf8))
    case .tooManyRequests:
      socket.write("429 Too Many Requests", ["Retry-After: 1"], body: Array("slow down".utf8))
    case .page: socket.write("200 OK", body: Array("<html>Welcome</html>".utf8))
    case .slowReply:
      pause(seconds: 1.5)
      forward(body, to: socket, fault)
    case .lostReply, .truncatedReply, .oversizedReply, nil: forward(body, to: socket, fault)
    }
  }

  private func forward(_ body: [UInt8], to socket: HTTPSocket, _ fault: GatewayFault?) {
    do {
      let answer = try node.post(body)
      switch fault {
      case .lostReply: return
      case .truncatedReply:
        socket.write(
          "200 OK", body: Array(answer.prefix(answer.count / 2)), announced: answer.count)
      case .oversizedReply: socket.write("200 OK", body: answer, announced: 1 << 34)
      default: socket.write("200 OK", body: answer)
      }
    } catch {
      socket.write("502 Bad Gateway", body: Array("\(error)".utf8))
    }
  }

  /// The bytes of the extrinsic that a request submits; nil if it submits none.
  private static func submission(in body: [UInt8]) -> [UInt8]? {
    guard let request = try? JSONValue.parse(body, source: "request"),
      request["method"]?.stringValue == "author_submitExtrinsic",
      let text = request["params"]?.arrayValue?.first?.stringValue
    else { return nil }
    let digits = Array(text.utf8.dropFirst(2))
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
  }

  private func pause(seconds: Double) {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    while !isClosed, condition.wait(until: deadline) {}
    condition.unlock()
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }
}
