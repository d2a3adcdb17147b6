import Foundation
import GenkiCore
import Glibc
import Synchronization

/// A hub of this process that speaks the Hugging Face Hub's language on two ports of the loopback: one
/// for the API, one for large files, which refuses whoever brings it a token.
///
/// It is honest unless a test makes it misbehave: by a fault for requests, or by what it makes of a
/// repository.
package final class StandInHub: Sendable {
  /// What a server does instead of answering.
  package enum Fault: Sendable {
    /// Answers with this status and text.
    case status(Int, headers: [String] = [], body: String = #"{"error":"injected"}"#)
    /// Answers 200 with this body.
    case answer([UInt8], headers: [String] = [])
    /// Breaks the connection before it does anything.
    case reset
    /// Never answers.
    case silence
    /// Does what was asked and breaks the connection.
    case lost
    /// Sends so many bytes of the body and breaks the connection.
    case cut(after: Int)
    /// Changes a byte of the body.
    case corrupt
    /// Sends the whole file whatever part was asked for.
    case ignoreRange
    /// Sends a part and then nothing until the client hangs up.
    case stall(after: Int)
    /// Sends a byte now and then.
    case drip
    /// Sends one byte after the other, as fast as the client takes them, and never ends; no length.
    case endless
    /// Sends another part than was asked for.
    case wrongRange
    /// States a longer body than it sends.
    case longer(by: Int)
    /// Redirects to this address.
    case redirect(String)
  }

  /// What a server has read.
  package struct Request: Sendable {
    package var host: Host
    package var method: String
    /// Path and query as they came.
    package var target: String
    package var headers: [String: String]
    package var body: [UInt8]

    /// The path, percent-decoded.
    package var path: String {
      let raw = target.split(separator: "?").first.map(String.init) ?? ""
      return raw.removingPercentEncoding ?? raw
    }

    /// The repository that it is about; nil if it is about none.
    package var repository: String? {
      if let range = target.range(of: StandInHubState.repositoryMark) {
        return String(target[range.upperBound...])
      }
      let parts = path.split(separator: "/").map(String.init)
      if parts.count >= 4, parts[0] == "api", parts[1] == "models" {
        return "\(parts[2])/\(parts[3])"
      }
      return parts.count >= 5 && parts[2] == "resolve" ? "\(parts[0])/\(parts[1])" : nil
    }
  }

  /// Which of the two servers.
  package enum Host: Sendable {
    case api
    case storage
  }

  /// What lets whoever has it use an address of the storage.
  package static let signature = "5igned0f0123456789abcdef"
  static let signed = "?X-Amz-Expires=3600&X-Amz-Signature=\(signature)"

  /// What it decides for a request; asked once for each.
  package typealias FaultChooser = @Sendable (Request) -> Fault?

  let state: Mutex<StandInHubState>
  private let api: StandInListener
  private let storage: StandInListener
  // A function in a mutex by itself would be wrapped once more each time it is read.
  private struct Faults { var choose: FaultChooser = { _ in nil } }
  private let faults = Mutex(Faults())

  /// - Parameters:
  ///   - roles: What the tokens of users may do, where that is not `write`.
  ///   - partBytes: Larger contents go up in parts of so many bytes; 0 for never.
  ///   - pageSize: Entries of a page of a listing.
  package init(
    tokens: [String: String] = ["hf_alice": "alice", "hf_bob": "bob"],
    roles: [String: String] = [:], partBytes: Int = 0, pageSize: Int = 1_000
  ) throws {
    state = Mutex(
      StandInHubState(tokens: tokens, roles: roles, partBytes: partBytes, pageSize: pageSize))
    api = try StandInListener()
    storage = try StandInListener()
    api.serve { [weak self] connection in self?.serve(connection, .api) }
    storage.serve { [weak self] connection in self?.serve(connection, .storage) }
  }

  deinit { close() }

  /// Ends both servers.
  package func close() {
    api.close()
    storage.close()
  }

  /// The hub's address.
  package var endpoint: String { "http://127.0.0.1:\(api.port)" }
  /// The address of its storage.
  package var storageEndpoint: String { "http://127.0.0.1:\(storage.port)" }

  /// All requests so far.
  package var requests: [Request] { state.withLock { $0.requests } }

  /// Decides what goes wrong from now on.
  package func misbehave(_ chooser: @escaping FaultChooser) {
    faults.withLock { $0.choose = chooser }
  }

  /// From now on nothing goes wrong.
  package func behave() { misbehave { _ in nil } }

  /// Misbehaves for the first requests that a test finds, then no more.
  package func misbehave(
    times: Int = 1, _ fault: Fault, where matches: @escaping @Sendable (Request) -> Bool
  ) {
    let left = Mutex(times)
    misbehave { request in
      guard matches(request) else { return nil }
      return left.withLock { left in
        left -= 1
        return left >= 0 ? fault : nil
      }
    }
  }

  private func serve(_ connection: StandInConnection, _ host: Host) {
    while let request = connection.readRequest(host) {
      let repository = request.repository ?? ""
      state.withLock { $0.note(request) }
      connection.onSent = { [weak self] count in
        self?.state.withLock { $0.bytesSent[repository, default: 0] += count }
      }
      let fault = faults.withLock { $0.choose }(request)
      if !answer(request, fault, connection) { return }
    }
  }

  /// Whether the connection goes on.
  private func answer(
    _ request: Request, _ fault: Fault?, _ connection: StandInConnection
  ) -> Bool {
    switch fault {
    case .reset:
      connection.reset()
      return false
    case .silence:
      connection.waitForHangUp()
      return false
    case .answer(let body, let headers):
      connection.respond(200, headers: headers, body: body, to: request)
      return true
    case .status(let code, let headers, let body):
      connection.respond(code, headers: headers, body: Array(body.utf8), to: request)
      return true
    case .redirect(let address):
      connection.respond(302, headers: ["Location: \(address)"], body: [], to: request)
      return true
    default: break
    }
    let ignoresRange = if case .ignoreRange = fault { true } else { false }
    var answer = state.withLock { state in
      request.host == .api
        ? state.api(request, storage: storageEndpoint, api: endpoint)
        : state.storage(request, ignoresRange: ignoresRange)
    }
    switch fault {
    case .lost:
      connection.reset()
      return false
    case .cut(let count):
      connection.head(answer, length: answer.body.count, to: request)
      connection.write(answer.body.prefix(count))
      return false
    case .stall(let count):
      connection.head(answer, length: answer.body.count, to: request)
      connection.write(answer.body.prefix(count))
      connection.waitForHangUp()
      return false
    case .drip:
      connection.head(answer, length: answer.body.count, to: request)
      for byte in answer.body {
        guard connection.write([byte][...]), !connection.waitForHangUp(milliseconds: 50) else {
          break
        }
      }
      return false
    case .endless:
      connection.head(answer, length: nil, to: request)
      let piece = [UInt8](repeating: 0x61, count: 64 << 10)
      while connection.write(piece[...]) {}
      return false
    case .longer(let more):
      connection.head(answer, length: answer.body.count + more, to: request)
      connection.write((answer.body + [UInt8](repeating: 0, count: more))[...])
      return true
    case .corrupt where !answer.body.isEmpty: answer.body[answer.body.count / 2] ^= 1
    case .wrongRange:
      answer.headers = answer.headers.map {
        $0.hasPrefix("Content-Range") ? "Content-Range: bytes 0-0/\(answer.body.count)" : $0
      }
    default: break
    }
    connection.respond(answer.status, headers: answer.headers, body: answer.body, to: request)
    return true
  }
}

/// An answer before it is sent.
struct StandInAnswer: Sendable {
  var status = 200
  var headers: [String] = []
  var body: [UInt8] = []

  static func json(_ value: JSONValue, status: Int = 200, headers: [String] = []) -> StandInAnswer {
    StandInAnswer(
      status: status, headers: ["Content-Type: application/json"] + headers,
      body: Array(value.encoded().utf8))
  }

  static func error(_ status: Int, _ message: String, code: String? = nil) -> StandInAnswer {
    .json(
      ["error": .string(message)], status: status,
      headers: ["X-Error-Message: \(message)"] + (code.map { ["X-Error-Code: \($0)"] } ?? []))
  }
}
