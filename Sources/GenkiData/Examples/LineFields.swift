import GenkiCore

/// The members of a JSON object of a data line; a member that is null counts as absent.
struct LineFields {
  let json: JSONValue

  subscript(_ name: String) -> JSONValue? {
    guard let value = json[name], !value.isNull else { return nil }
    return value
  }

  /// The first of the names that is there.
  func first(of names: [String]) -> String? { names.first { self[$0] != nil } }

  /// Whether a member says something at all.
  func isTelling(_ name: String) -> Bool {
    switch self[name] {
    case nil: false
    case .string(let text): !text.allSatisfy(\.isWhitespace)
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.entries.isEmpty
    default: true
    }
  }

  /// A member that must be a text.
  func text(_ name: String) throws(ExampleParser.Refusal) -> String {
    guard let value = json[name] else {
      throw ExampleParser.Refusal(reason: "no field '\(name)'")
    }
    guard let text = value.stringValue else {
      throw ExampleParser.Refusal(
        reason: "'\(name)' is \(value.kindName) instead of a text")
    }
    return text
  }

  /// A member that must be a text with more than white space.
  func wording(_ name: String) throws(ExampleParser.Refusal) -> String {
    let text = try text(name)
    guard !text.allSatisfy(\.isWhitespace) else {
      throw ExampleParser.Refusal(reason: "'\(name)' is empty")
    }
    return text
  }
}
