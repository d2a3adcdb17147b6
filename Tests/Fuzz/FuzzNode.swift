import GenkiCore
import Synchronization

/// The decisions of an input, for nodes that answer one after the other.
final class FuzzTape: Sendable {
  private let input: Mutex<FuzzInput>

  init(_ input: FuzzInput) { self.input = Mutex(input) }

  func take<Value>(_ body: (inout FuzzInput) throws -> sending Value) rethrows -> Value {
    try input.withLock { input in try body(&input) }
  }
}

/// A node that is honest until an input says otherwise: envelopes, errors, values and whole answers
/// come from the tape.
final class FuzzNode: NodeTransport {
  /// The extrinsic that its blocks may hold.
  static let extrinsic: [UInt8] = [8, 4, 0]
  private static let genesis = "0x" + String(repeating: "11", count: 32)
  private static let metadata = Runtimes.loaded {
    var writer = ScaleWriter()
    writer.append([1])
    writer.append(counted: try Runtimes.smallBytes(version: 15))
    return "\"\(HexBytes.text(writer.bytes))\""
  }
  private static let entries: [[UInt8]: StorageEntry] = Dictionary(
    Runtimes.small.pallets.flatMap(\.storage).compactMap { entry in
      (try? Runtimes.small.storagePrefix(of: entry)).map { ($0, entry) }
    }
  ) { first, _ in first }
  private static let failures: [(code: Int, message: String)] = [
    (1010, "Transaction is outdated"), (1010, "Transaction has a bad signature"),
    (1010, "Transaction has an ancient birth block"), (1010, "Custom error: 6"),
    (1010, "Custom error: 99999999999999999999"), (1012, "Temporarily banned"),
    (1013, "Already imported"), (1014, "Priority is too low"), (1002, "Bad proof"),
    (-32_601, "Method not found"), (4003, "State already discarded"), (4003, "UnknownBlock"),
    (-32_000, ""), (Int.min, "½"),
  ]

  let name: String
  private let tape: FuzzTape

  init(_ name: String, _ tape: FuzzTape) {
    self.name = name
    self.tape = tape
  }

  func post(_ body: [UInt8]) throws -> [UInt8] {
    try tape.take { input in
      switch input.byte() {
      case 230..<234: throw NodeFailure.unreachable(reason: "no connection")
      case 234..<236: throw NodeFailure.timedOut(reason: "no answer")
      case 236..<240: throw NodeFailure.busy(reason: "busy", retryAfterSeconds: -.infinity)
      case 240...: return input.piece()
      default: return Array(try Self.answer(to: body, &input).utf8)
      }
    }
  }

  private static func answer(to body: [UInt8], _ input: inout FuzzInput) throws -> String {
    let request = try JSONValue.parse(body, source: "request")
    guard let calls = request.arrayValue else { return reply(to: request, &input) }
    var replies: [String] = []
    for call in calls { replies.append(reply(to: call, &input)) }
    switch input.byte() {
    case 250...: return replies.first ?? ""
    case 240..<250: return "[" + replies.reversed().joined(separator: ",") + "]"
    default: return "[" + replies.joined(separator: ",") + "]"
    }
  }

  private static func reply(to call: JSONValue, _ input: inout FuzzInput) -> String {
    let id = call["id"]?.encoded() ?? "null"
    let control = input.byte()
    switch control {
    case 215..<225: return envelope(id, "result", "null")
    case 225..<235:
      return envelope(id, "result", String(decoding: input.piece(), as: UTF8.self))
    case 235..<250:
      let failure = failures[input.number(below: failures.count)]
      let error: JSONValue = [
        "code": .integer(Int64(failure.code)), "message": .string(failure.message),
        "data": control < 240 ? .null : .string(String(decoding: input.piece(), as: UTF8.self)),
      ]
      return envelope(id, "error", error.encoded())
    case 250...: return envelope("\(Int(input.byte()) - 2)", "result", "0")
    default:
      let method = call["method"]?.stringValue ?? ""
      if method == "state_call" { return envelope(id, "result", metadata) }
      return envelope(
        id, "result", result(of: method, call["params"]?.arrayValue ?? [], &input).encoded())
    }
  }

  private static func envelope(_ id: String, _ name: String, _ content: String) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"\#(name)":\#(content)}"#
  }

  private static func result(
    of method: String, _ parameters: [JSONValue], _ input: inout FuzzInput
  ) -> JSONValue {
    switch method {
    case "chain_getBlockHash":
      let number = parameters.first?.intValue ?? 0
      return .string(number == 0 ? genesis : hash(UInt8(truncatingIfNeeded: number)))
    case "chain_getFinalizedHead": return .string(hash(input.byte()))
    case "chain_getHeader":
      let digits = String(number(&input), radix: 16)
      return ["parentHash": .string(hash(input.byte())), "number": .string("0x" + digits)]
    case "chain_getBlock":
      var held: [JSONValue] = []
      for _ in 0..<input.number(below: 4) {
        let piece = input.piece()
        held.append(.string(HexBytes.text(piece.isEmpty ? extrinsic : piece)))
      }
      return ["block": ["extrinsics": .array(held)]]
    case "state_getRuntimeVersion":
      return ["specVersion": input.byte() < 200 ? 393 : 394, "transactionVersion": 1]
    case "state_getMetadata": return .string("0x")
    case "state_getKeysPaged": return keys(parameters.first?.stringValue ?? "", &input)
    case "state_queryStorageAt": return values(parameters.first?.arrayValue ?? [], &input)
    case "system_accountNextIndex": return .integer(Int64(number(&input)))
    case "author_pendingExtrinsics": return [.string(HexBytes.text(extrinsic))]
    case "payment_queryInfo": return ["partialFee": .string("\(number(&input))")]
    default: return .string(hash(1))
    }
  }

  private static func hash(_ byte: UInt8) -> String {
    HexBytes.text([UInt8](repeating: byte, count: 32))
  }

  /// A block's number: mostly a usual one, sometimes at an end.
  private static func number(_ input: inout FuzzInput) -> UInt64 {
    switch input.byte() {
    case let byte where byte < 200: 8_000_000 + UInt64(byte)
    case 200..<220: UInt64(input.byte())
    case 220..<235: UInt64(UInt32.max) - UInt64(input.byte())
    default: input.take(7).reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  private static func keys(_ prefix: String, _ input: inout FuzzInput) -> JSONValue {
    let start = HexBytes.bytes(prefix) ?? []
    var keys: [[UInt8]] = []
    for _ in 0..<input.number(below: 5) {
      let account = (0..<32).map { _ in input.isAtEnd ? UInt8(keys.count) : 0 }
      let part = input.byte() < 200 ? [input.byte()] + account.dropFirst() : input.piece()
      keys.append(start + StorageHasher.twox(part, count: 8) + part)
    }
    keys.sort { $0.lexicographicallyPrecedes($1) }
    return .array(keys.map { .string(HexBytes.text($0)) })
  }

  private static func values(_ keys: [JSONValue], _ input: inout FuzzInput) -> JSONValue {
    var changes: [JSONValue] = []
    for key in keys {
      let bytes = key.stringValue.flatMap(HexBytes.bytes) ?? []
      guard let entry = entries[Array(bytes.prefix(32))] else { continue }
      switch input.byte() {
      case 0..<70: changes.append([key, .null])
      // Thousands of members would only take long.
      case let byte where entry.name == "SubnetworkN":
        changes.append([key, .string(HexBytes.text([byte % 6, 0]))])
      case 250...: changes.append([key, .string(HexBytes.text(input.piece()))])
      default:
        var maker = ValueMaker(Runtimes.small.types)
        let value = maker.bytes(of: entry.value, from: &input)
        changes.append([key, .string(HexBytes.text(value))])
      }
    }
    return [["block": .string(hash(2)), "changes": .array(changes)]]
  }
}
