import GenkiCore

/// JSON-RPC 2.0 on the wire: requests with ids, answers matched to them.
enum NodeWire {
  /// Bounds of an answer: a node's own limit is 15 MiB.
  static let limits = JSONLimits(depth: 32, bytes: 64 << 20, values: 4 << 20)

  static func body(_ calls: [NodeCall], firstID: Int64) -> [UInt8] {
    let requests = calls.enumerated().map { index, call -> JSONValue in
      [
        "jsonrpc": "2.0", "id": .integer(firstID + Int64(index)), "method": .string(call.method),
        "params": .array(call.parameters),
      ]
    }
    let value = requests.count == 1 ? requests[0] : .array(requests)
    return Array(value.encoded().utf8)
  }

  /// The answers in the order of the calls.
  ///
  /// - Throws: ``NodeFailure/badAnswer(reason:)``; an error object in place of a batch's array is an
  ///   ``NodeRefusal``.
  static func answers(
    _ body: [UInt8], count: Int, firstID: Int64
  ) throws -> [Result<JSONValue, NodeRefusal>] {
    let value: JSONValue
    do {
      value = try JSONValue.parse(body, source: "answer", limits: limits)
    } catch {
      throw NodeFailure.badAnswer(reason: "the answer is no JSON: \(error)")
    }
    guard count > 1 else {
      let (id, result) = try answer(value)
      guard id == firstID else {
        // A request that the node could not read is answered with a null id.
        if id == nil, case .failure(let failure) = result { throw failure }
        throw NodeFailure.badAnswer(reason: "the answer has another id than the request")
      }
      return [result]
    }
    guard let items = value.arrayValue else {
      if case (_, .failure(let failure)) = try answer(value) { throw failure }
      throw NodeFailure.badAnswer(reason: "a batch was answered with one result")
    }
    guard items.count == count else {
      throw NodeFailure.badAnswer(reason: "\(items.count) answers came for \(count) calls")
    }
    var results = [Result<JSONValue, NodeRefusal>?](repeating: nil, count: count)
    for item in items {
      let (id, result) = try answer(item)
      guard let id, id >= firstID, id - firstID < Int64(count), results[Int(id - firstID)] == nil
      else { throw NodeFailure.badAnswer(reason: "an answer has an id that was not asked with") }
      results[Int(id - firstID)] = result
    }
    return results.compactMap { $0 }
  }

  private static func answer(
    _ value: JSONValue
  ) throws -> (id: Int64?, Result<JSONValue, NodeRefusal>) {
    guard let object = value.objectValue else {
      throw NodeFailure.badAnswer(reason: "the answer is no object")
    }
    let id: Int64? = if case .integer(let id)? = object["id"] { id } else { nil }
    if let error = object["error"], !error.isNull {
      guard let code = error["code"]?.intValue else {
        throw NodeFailure.badAnswer(reason: "an error has no code")
      }
      let data = error["data"].map { $0.stringValue ?? ($0.isNull ? "" : $0.encoded()) } ?? ""
      return (
        id,
        .failure(
          NodeRefusal(
            code: code, message: error["message"]?.stringValue ?? "",
            data: String(data.prefix(2_000))))
      )
    }
    guard let result = object["result"] else {
      throw NodeFailure.badAnswer(reason: "the answer has neither result nor error")
    }
    return (id, .success(result))
  }
}
