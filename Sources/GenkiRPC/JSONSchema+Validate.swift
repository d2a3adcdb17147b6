import GenkiCore

extension JSONSchema {
  /// Checks a value against this schema.
  ///
  /// Of JSON Schema it knows: type, enum, const, minimum, maximum, minLength, maxLength, pattern,
  /// items, minItems, maxItems, properties, required, additionalProperties, anyOf, oneOf. It is
  /// stricter in two points: 3.0 is no integer, and no key may stand twice in an object.
  /// - Parameters:
  ///   - value: The value.
  ///   - path: How the value itself is called in errors.
  /// - Throws: ``JSONSchemaError`` for the first thing that does not fit.
  public func validate(_ value: JSONValue, path: String = "") throws(JSONSchemaError) {
    try SchemaCheck(schema: json, path: path).run(value)
  }
}

/// One schema applied at one place.
private struct SchemaCheck {
  let schema: JSONObject
  let path: String

  func run(_ value: JSONValue) throws(JSONSchemaError) {
    if let alternatives = schema["anyOf"]?.arrayValue {
      try checkAlternatives(alternatives, value, mustBeOne: false)
    }
    if let alternatives = schema["oneOf"]?.arrayValue {
      try checkAlternatives(alternatives, value, mustBeOne: true)
    }
    if let type = schema["type"]?.stringValue, !fits(value, type: type) {
      throw error(found: value.kindName)
    }
    if let allowed = schema["enum"]?.arrayValue, !allowed.contains(value) {
      throw error(found: shown(value))
    }
    if let constant = schema["const"], constant != value { throw error(found: shown(value)) }
    switch value {
    case .string(let text): try checkText(text)
    case .integer, .unsigned, .number: try checkNumber(value)
    case .array(let elements): try checkElements(elements)
    case .object(let object): try checkMembers(object)
    case .bool, .null: break
    }
  }

  private func fits(_ value: JSONValue, type: String) -> Bool {
    switch (type, value) {
    case ("string", .string), ("boolean", .bool), ("null", .null), ("array", .array),
      ("object", .object), ("integer", .integer), ("integer", .unsigned), ("number", .integer),
      ("number", .unsigned), ("number", .number):
      true
    default: false
    }
  }

  private func checkText(_ text: String) throws(JSONSchemaError) {
    let minimum = schema["minLength"]?.intValue
    let maximum = schema["maxLength"]?.intValue
    if minimum != nil || maximum != nil {
      let count = text.unicodeScalars.count
      guard count >= minimum ?? 0, count <= maximum ?? .max else {
        throw error(found: "\(count) characters")
      }
    }
    guard let pattern = schema["pattern"]?.stringValue else { return }
    guard let expression = try? Regex(pattern).matchingSemantics(.unicodeScalar) else {
      throw JSONSchemaError(path: path, expected: "a valid pattern in the schema", found: pattern)
    }
    guard text.firstMatch(of: expression) != nil else { throw error(found: shown(.string(text))) }
  }

  private func checkNumber(_ value: JSONValue) throws(JSONSchemaError) {
    let isSmall = schema["minimum"].map { Self.isLess(value, $0) } ?? false
    let isLarge = schema["maximum"].map { Self.isLess($0, value) } ?? false
    if isSmall || isLarge { throw error(found: value.encoded()) }
  }

  private static func isLess(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right
    case (.unsigned(let left), .unsigned(let right)): left < right
    case (.integer, .unsigned): true
    case (.unsigned, .integer): false
    default: (left.doubleValue ?? 0) < (right.doubleValue ?? 0)
    }
  }

  private func checkElements(_ elements: [JSONValue]) throws(JSONSchemaError) {
    guard elements.count >= schema["minItems"]?.intValue ?? 0,
      elements.count <= schema["maxItems"]?.intValue ?? .max
    else { throw error(found: "\(elements.count) elements") }
    guard let items = schema["items"]?.objectValue else { return }
    for (index, element) in elements.enumerated() {
      try SchemaCheck(schema: items, path: "\(path)[\(index)]").run(element)
    }
  }

  private func checkMembers(_ object: JSONObject) throws(JSONSchemaError) {
    var names = Set<String>()
    let properties = schema["properties"]?.objectValue ?? [:]
    let additional = schema["additionalProperties"]
    for (key, value) in object.entries {
      guard names.insert(key).inserted else {
        throw JSONSchemaError(path: member(key), expected: "it once", found: "it twice")
      }
      if let known = properties[key]?.objectValue {
        try SchemaCheck(schema: known, path: member(key)).run(value)
      } else if let other = additional?.objectValue {
        try SchemaCheck(schema: other, path: member(key)).run(value)
      } else if additional?.boolValue == false {
        let allowed =
          properties.keys.isEmpty ? "no member" : properties.keys.joined(separator: ", ")
        throw JSONSchemaError(
          path: member(key), expected: "only \(allowed)", found: "an unknown member")
      }
    }
    for name in (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
    where !names.contains(name) {
      let description = properties[name]?.objectValue.map(Self.description) ?? "any value"
      throw JSONSchemaError(path: member(name), expected: description, found: nil)
    }
  }

  private func checkAlternatives(
    _ alternatives: [JSONValue], _ value: JSONValue, mustBeOne: Bool
  ) throws(JSONSchemaError) {
    var matches = 0
    var deepest: JSONSchemaError?
    for alternative in alternatives {
      do {
        try SchemaCheck(schema: alternative.objectValue ?? [:], path: path).run(value)
        matches += 1
        if !mustBeOne { return }
      } catch {
        // The alternative that got furthest is the one that was meant.
        if error.path.utf8.count > deepest?.path.utf8.count ?? path.utf8.count { deepest = error }
      }
    }
    if matches == 1 { return }
    if matches == 0, let deepest { throw deepest }
    throw error(found: matches == 0 ? shown(value) : "\(shown(value)), which fits several")
  }

  private func member(_ key: String) -> String {
    let key = String(key.prefix(100))
    return path.isEmpty ? key : "\(path).\(key)"
  }

  /// A value as an error shows it: short, and harmless on a terminal.
  private func shown(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text.quoted(limit: 60)
    case .array, .object: value.kindName
    default: value.encoded()
    }
  }

  private func error(found: String) -> JSONSchemaError {
    JSONSchemaError(path: path, expected: Self.description(of: schema), found: found)
  }

  /// What a schema allows, in words.
  private static func description(of schema: JSONObject) -> String {
    if let values = schema["enum"]?.arrayValue {
      return "one of " + values.map { $0.encoded() }.joined(separator: ", ")
    }
    if let constant = schema["const"] { return constant.encoded() }
    if let alternatives = (schema["anyOf"] ?? schema["oneOf"])?.arrayValue {
      return alternatives.map { description(of: $0.objectValue ?? [:]) }.joined(separator: " or ")
    }
    switch schema["type"]?.stringValue {
    case "string":
      let pattern = schema["pattern"]?.stringValue.map { " that matches \($0)" } ?? ""
      return "a string" + range(schema["minLength"], schema["maxLength"], " characters") + pattern
    case "integer": return "an integer" + range(schema["minimum"], schema["maximum"], "")
    case "number": return "a number" + range(schema["minimum"], schema["maximum"], "")
    case "array": return "an array" + range(schema["minItems"], schema["maxItems"], " elements")
    case "object": return "an object"
    case "boolean": return "true or false"
    case "null": return "null"
    default: return "any value"
    }
  }

  private static func range(_ low: JSONValue?, _ high: JSONValue?, _ unit: String) -> String {
    let of = unit.isEmpty ? "" : " of"
    switch (low?.encoded(), high?.encoded()) {
    case (let low?, let high?): return "\(of) from \(low) to \(high)\(unit)"
    case (let low?, nil): return "\(of) at least \(low)\(unit)"
    case (nil, let high?): return "\(of) at most \(high)\(unit)"
    case (nil, nil): return ""
    }
  }
}
