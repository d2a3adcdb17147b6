import GenkiCore

/// One object of a report's JSON together with its path, for errors that name the key.
struct ReportReader {
  let path: String
  private let value: JSONValue

  init(_ value: JSONValue, path: String) throws {
    guard value.objectValue != nil else {
      throw ReportError.badValue(path: path, expected: "an object", found: value.kindName)
    }
    self.value = value
    self.path = path
  }

  private func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The member's value; nil if absent or null.
  private func member(_ key: String) -> JSONValue? {
    guard let member = value[key], !member.isNull else { return nil }
    return member
  }

  private func required<T>(_ value: T?, _ key: String) throws -> T {
    guard let value else { throw ReportError.missing(path: path(of: key)) }
    return value
  }

  func optionalString(_ key: String) throws -> String? {
    guard let member = member(key) else { return nil }
    guard let string = member.stringValue else {
      throw ReportError.badValue(path: path(of: key), expected: "a string", found: member.kindName)
    }
    return string
  }

  func string(_ key: String) throws -> String { try required(optionalString(key), key) }

  func optionalNumber(_ key: String) throws -> Double? {
    try member(key).map { try Self.number($0, path: path(of: key)) }
  }

  func number(_ key: String) throws -> Double { try required(optionalNumber(key), key) }

  func integer(_ key: String) throws -> Int {
    let member = try required(member(key), key)
    guard let integer = member.intValue else {
      throw ReportError.badValue(
        path: path(of: key), expected: "an integer", found: member.kindName)
    }
    return integer
  }

  func optionalBool(_ key: String) throws -> Bool? {
    guard let member = member(key) else { return nil }
    guard let bool = member.boolValue else {
      throw ReportError.badValue(
        path: path(of: key), expected: "true or false", found: member.kindName)
    }
    return bool
  }

  /// The elements of an array; none if the key is absent.
  func array<T>(
    _ key: String, maximum: Int, _ element: (JSONValue, String) throws -> T
  ) throws -> [T] {
    guard let member = member(key) else { return [] }
    return try Self.array(member, path: path(of: key), maximum: maximum, element)
  }

  /// An object inside; nil if absent.
  func object(_ key: String) throws -> ReportReader? {
    try member(key).map { try ReportReader($0, path: path(of: key)) }
  }

  static func array<T>(
    _ value: JSONValue, path: String, maximum: Int, _ element: (JSONValue, String) throws -> T
  ) throws -> [T] {
    guard let elements = value.arrayValue else {
      throw ReportError.badValue(path: path, expected: "an array", found: value.kindName)
    }
    guard elements.count <= maximum else {
      throw ReportError.tooMany(path: path, count: elements.count, maximum: maximum)
    }
    return try elements.enumerated().map { try element($1, "\(path)[\($0)]") }
  }

  static func number(_ value: JSONValue, path: String) throws -> Double {
    guard let number = value.doubleValue, number.isFinite else {
      throw ReportError.badValue(path: path, expected: "a number", found: value.kindName)
    }
    return number
  }

  static func integer(_ value: JSONValue, path: String) throws -> Int {
    guard let integer = value.intValue else {
      throw ReportError.badValue(path: path, expected: "an integer", found: value.kindName)
    }
    return integer
  }

  static func string(_ value: JSONValue, path: String) throws -> String {
    guard let string = value.stringValue else {
      throw ReportError.badValue(path: path, expected: "a string", found: value.kindName)
    }
    return string
  }
}
