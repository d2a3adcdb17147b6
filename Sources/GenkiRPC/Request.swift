import GenkiCore

/// One request object of JSON-RPC 2.0.
struct Request {
  /// A string, a number or null; nil for a notification.
  let id: JSONValue?
  let method: String
  /// An object, an array, or nil if absent.
  let parameters: JSONValue?

  init(_ value: JSONValue) throws(RPCFault) {
    guard let object = value.objectValue else {
      throw .invalidRequest("a request is an object, not \(value.kindName)")
    }
    if object["id"] != nil, Self.id(of: value) == nil {
      throw .invalidRequest("'id' must be a string, a number or null")
    }
    guard object["jsonrpc"] == .string("2.0") else {
      throw .invalidRequest("'jsonrpc' must be \"2.0\"")
    }
    guard let method = object["method"]?.stringValue else {
      throw .invalidRequest("'method' must be a string")
    }
    parameters = object["params"]
    switch parameters {
    case nil, .object, .array: break
    case .some(let other):
      throw .invalidRequest("'params' must be an object or an array, not \(other.kindName)")
    }
    self.method = method
    id = object["id"]
  }

  /// The id of anything that has a valid one.
  static func id(of value: JSONValue) -> JSONValue? {
    switch value["id"] {
    case .some(let id):
      switch id {
      case .string, .integer, .unsigned, .number, .null: id
      case .bool, .array, .object: nil
      }
    case nil: nil
    }
  }
}

extension RPCMethod {
  /// The parameters by name, checked.
  func checkedParameters(_ given: JSONValue?) throws(RPCFault) -> JSONObject {
    var named = JSONObject()
    switch given {
    case .array(let values):
      guard values.count <= parameters.count else {
        throw .invalidParameters(
          JSONSchemaError(
            path: "[\(parameters.count)]", expected: "at most \(parameters.count) parameters",
            found: "\(values.count)"))
      }
      for (parameter, value) in zip(parameters, values) { named[parameter.name] = value }
    case .object(let object): named = object
    default: break
    }
    do throws(JSONSchemaError) {
      try checkNames(&named)
      for parameter in parameters {
        guard let value = named[parameter.name] else {
          guard parameter.isRequired else { continue }
          throw JSONSchemaError(path: parameter.name, expected: parameter.summary, found: nil)
        }
        try parameter.schema.validate(value, path: parameter.name)
      }
    } catch {
      throw .invalidParameters(error)
    }
    return named
  }

  /// Refuses unknown and repeated names; null for an optional parameter is its absence.
  private func checkNames(_ named: inout JSONObject) throws(JSONSchemaError) {
    var seen = Set<String>()
    var kept = JSONObject()
    for (key, value) in named.entries {
      guard let parameter = parameters.first(where: { $0.name == key }) else {
        let known = parameters.map(\.name).joined(separator: ", ")
        throw JSONSchemaError(
          path: String(key.prefix(100)),
          expected: parameters.isEmpty ? "no parameters" : "only \(known)",
          found: "an unknown parameter")
      }
      guard seen.insert(key).inserted else {
        throw JSONSchemaError(path: key, expected: "it once", found: "it twice")
      }
      if value.isNull, !parameter.isRequired, (try? parameter.schema.validate(value)) == nil {
        continue
      }
      kept.entries.append((key: key, value: value))
    }
    named = kept
  }
}
