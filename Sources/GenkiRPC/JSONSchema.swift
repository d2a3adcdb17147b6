import GenkiCore

/// A JSON Schema (draft 2020-12) of the few keywords that our methods need.
///
/// Objects list all their members: `additionalProperties` is false unless said otherwise.
public struct JSONSchema: Sendable, Equatable {
  /// The schema as it is published.
  public var json: JSONObject

  /// A schema from its keywords.
  public init(json: JSONObject) { self.json = json }
}

extension JSONSchema {
  /// Any value.
  public static let any = JSONSchema(json: [:])
  /// `true` or `false`.
  public static let boolean = JSONSchema(json: ["type": "boolean"])
  /// `null`.
  public static let null = JSONSchema(json: ["type": "null"])

  /// A string. `pattern` is a regular expression that must match somewhere (anchor it), lengths
  /// count Unicode scalars, `oneOf` lists all that is allowed.
  public static func string(
    pattern: String? = nil, oneOf values: [String]? = nil, minLength: Int? = nil,
    maxLength: Int? = nil
  ) -> JSONSchema {
    var json: JSONObject = ["type": "string"]
    if let values { json["enum"] = .array(values.map { .string($0) }) }
    if let minLength { json["minLength"] = JSONValue(minLength) }
    if let maxLength { json["maxLength"] = JSONValue(maxLength) }
    if let pattern { json["pattern"] = .string(pattern) }
    return JSONSchema(json: json)
  }

  /// A string that is the raw value of one of an enumeration's cases.
  public static func string<Value: CaseIterable & RawRepresentable>(
    oneOf type: Value.Type
  ) -> JSONSchema where Value.RawValue == String {
    string(oneOf: type.allCases.map(\.rawValue))
  }

  /// An integer, written without point and exponent.
  public static func integer(min: Int? = nil, max: Int? = nil) -> JSONSchema {
    var json: JSONObject = ["type": "integer"]
    if let min { json["minimum"] = JSONValue(min) }
    if let max { json["maximum"] = JSONValue(max) }
    return JSONSchema(json: json)
  }

  /// An integer in a range.
  public static func integer(_ range: ClosedRange<Int>) -> JSONSchema {
    integer(min: range.lowerBound, max: range.upperBound)
  }

  /// A number, integers included.
  public static func number(min: Double? = nil, max: Double? = nil) -> JSONSchema {
    var json: JSONObject = ["type": "number"]
    if let min { json["minimum"] = .number(min) }
    if let max { json["maximum"] = .number(max) }
    return JSONSchema(json: json)
  }

  /// A number in a range.
  public static func number(_ range: ClosedRange<Double>) -> JSONSchema {
    number(min: range.lowerBound, max: range.upperBound)
  }

  /// An array of such elements.
  public static func array(
    of element: JSONSchema, min: Int? = nil, max: Int? = nil
  ) -> JSONSchema {
    var json: JSONObject = ["type": "array", "items": .object(element.json)]
    if let min { json["minItems"] = JSONValue(min) }
    if let max { json["maxItems"] = JSONValue(max) }
    return JSONSchema(json: json)
  }

  /// An object of these members; `required` nil means: all of them.
  public static func object(
    _ properties: KeyValuePairs<String, JSONSchema>, required: [String]? = nil,
    additionalProperties: Bool = false
  ) -> JSONSchema {
    object(
      properties: properties.map { ($0.key, $0.value) }, required: required,
      additionalProperties: additionalProperties)
  }

  /// An object of members that are computed; `required` nil means: all of them.
  public static func object(
    properties: [(String, JSONSchema)], required: [String]? = nil,
    additionalProperties: Bool = false
  ) -> JSONSchema {
    let members = properties.map { (key: $0.0, value: JSONValue.object($0.1.json)) }
    let names = required ?? properties.map(\.0)
    var json: JSONObject = [
      "type": "object", "properties": .object(JSONObject(entries: members)),
    ]
    if !names.isEmpty { json["required"] = .array(names.map { .string($0) }) }
    json["additionalProperties"] = .bool(additionalProperties)
    return JSONSchema(json: json)
  }

  /// An object with any keys whose values are such.
  public static func map(of value: JSONSchema) -> JSONSchema {
    JSONSchema(json: ["type": "object", "additionalProperties": .object(value.json)])
  }

  /// `{"items":[…]}`, the form of every list that a method answers with.
  public static func list(of element: JSONSchema, max: Int? = nil) -> JSONSchema {
    object(["items": array(of: element, max: max)])
  }

  /// This or null.
  public static func nullable(_ schema: JSONSchema) -> JSONSchema {
    JSONSchema(json: ["anyOf": [.object(schema.json), .object(null.json)]])
  }

  /// Exactly one of these.
  public static func oneOf(_ schemas: [JSONSchema]) -> JSONSchema {
    JSONSchema(json: ["oneOf": .array(schemas.map { .object($0.json) })])
  }

  /// The same with a description for readers.
  public func described(_ text: String) -> JSONSchema {
    var copy = self
    copy.json["description"] = .string(text)
    return copy
  }
}
