import GenkiCore

/// Reads what an assistant calls, as transformers hands it to templates: objects with `type` and
/// `function`, whose `arguments` are an object.
enum ToolCalls {
  typealias Refusal = ExampleParser.Refusal

  /// More calls than this are not one turn's.
  private static let callsMax = 1_000

  /// A list of calls; each has its `function` within, or is one itself.
  static func read(_ json: JSONValue, place: String) throws(Refusal) -> [JSONValue] {
    guard let calls = json.arrayValue, calls.count <= callsMax else {
      throw Refusal(reason: "\(place): 'tool_calls' is not a list of at most \(callsMax) calls")
    }
    var result: [JSONValue] = []
    for (index, call) in calls.enumerated() {
      let place = "\(place).tool_calls[\(index)]"
      guard var members = call.objectValue else {
        throw Refusal(reason: "\(place) is not an object")
      }
      if let function = members["function"], !function.isNull {
        members["function"] = try self.function(function, place: place)
        result.append(.object(members))
      } else {
        result.append(
          ["type": .string("function"), "function": try self.function(call, place: place)])
      }
    }
    return result
  }

  /// A call that is written as the words of a turn: one object, or a list of them.
  static func read(text: String, place: String) throws(Refusal) -> [JSONValue] {
    guard let json = try? JSONValue.parse(text, source: place) else {
      throw Refusal(reason: "\(place): the call is not JSON")
    }
    return try read(json.arrayValue == nil ? .array([json]) : json, place: place)
  }

  /// A function with its name; arguments that are JSON in a text are the object.
  private static func function(
    _ json: JSONValue, place: String
  ) throws(Refusal) -> JSONValue {
    guard var members = json.objectValue, let name = members["name"]?.stringValue, !name.isEmpty
    else { throw Refusal(reason: "\(place) has no function with a 'name'") }
    if let text = members["arguments"]?.stringValue {
      guard let parsed = try? JSONValue.parse(text, source: place), parsed.objectValue != nil else {
        throw Refusal(reason: "\(place): 'arguments' is a text that is no JSON object")
      }
      members["arguments"] = parsed
    }
    return .object(members)
  }
}
