import GenkiChain
import GenkiCore
import Synchronization

/// A node that answers as a test says and counts what it is asked.
final class ScriptedNode: NodeTransport {
  typealias Script = @Sendable (_ method: String, _ parameters: [JSONValue]) throws -> JSONValue

  static let genesis = ContentDigest(bytes: [UInt8](repeating: 7, count: 32))

  let name: String
  private let script: Script
  private let takesBatches: Bool
  private let calls = Mutex<[String]>([])

  init(_ name: String, takesBatches: Bool = true, _ script: @escaping Script) {
    self.name = name
    self.takesBatches = takesBatches
    self.script = script
  }

  /// The methods that were called, the question for the genesis block left out.
  var methods: [String] { calls.withLock { $0 } }

  func post(_ body: [UInt8]) throws -> [UInt8] {
    let request = try JSONValue.parse(body, source: "request")
    guard let batch = request.arrayValue else { return Array(try answer(request).encoded().utf8) }
    guard takesBatches else {
      return Array(
        #"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"no batches"}}"#.utf8)
    }
    // A node may answer a batch in any order.
    let answers = try batch.reversed().map { try answer($0) }
    return Array(JSONValue.array(answers).encoded().utf8)
  }

  private func answer(_ request: JSONValue) throws -> JSONValue {
    let method = request["method"]?.stringValue ?? ""
    let parameters = request["params"]?.arrayValue ?? []
    let id = request["id"] ?? .null
    if method == "chain_getBlockHash", parameters == [0] {
      let hash = "0x\(Self.genesis?.hex ?? "")"
      // A script may have a genesis block of its own.
      let own = (try? script(method, parameters))?.stringValue
      return ["jsonrpc": "2.0", "id": id, "result": .string(own ?? hash)]
    }
    calls.withLock { $0.append(method) }
    do {
      return ["jsonrpc": "2.0", "id": id, "result": try script(method, parameters)]
    } catch let refusal as NodeRefusal {
      return [
        "jsonrpc": "2.0", "id": id,
        "error": [
          "code": JSONValue(refusal.code), "message": .string(refusal.message),
          "data": .string(refusal.data),
        ],
      ]
    }
  }
}

/// A clock that a test moves.
final class SettableClock: Sendable {
  private let seconds = Mutex(100.0)

  func advance(_ by: Double) { seconds.withLock { $0 += by } }
  var now: Double { seconds.withLock { $0 } }
}
