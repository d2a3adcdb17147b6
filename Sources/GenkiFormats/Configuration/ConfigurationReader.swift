import GenkiCore

/// Reads values of a configuration file with their bounds; null counts as absent.
struct ConfigurationReader {
  let source: String
  let object: JSONObject
  /// Stands before keys in messages: "rope_parameters." for a nested object.
  var prefix = ""

  init(json: JSONValue, source: String) throws {
    guard let object = json.objectValue else {
      throw ConfigurationError.notAnObject(source: source)
    }
    self.source = source
    self.object = object
  }

  private init(source: String, object: JSONObject, prefix: String) {
    self.source = source
    self.object = object
    self.prefix = prefix
  }

  /// The value of the first of these keys that is there and not null.
  func value(_ keys: [String]) -> (key: String, value: JSONValue)? {
    for key in keys {
      if let value = object[key], !value.isNull { return (prefix + key, value) }
    }
    return nil
  }

  func value(_ key: String) -> JSONValue? { value([key])?.value }

  /// Whether the key is there, null or not.
  func has(_ key: String) -> Bool { object[key] != nil }

  func optionalInt(_ keys: String..., in range: ClosedRange<Int>) throws -> Int? {
    guard let (key, value) = value(keys) else { return nil }
    return try int(value, key: key, in: range)
  }

  /// Several keys are names of one value, of which classes take the one or the other: they may not differ.
  func int(_ keys: String..., default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
    guard let (key, value) = value(keys) else { return fallback }
    if let other = keys.first(where: { self.value($0).map { $0 != value } ?? false }) {
      throw inconsistent(other, "is not \(key), which is another name for it")
    }
    return try int(value, key: key, in: range)
  }

  func int(_ value: JSONValue, key: String, in range: ClosedRange<Int>) throws -> Int {
    guard let number = value.intValue else {
      throw wrongType(key, "an integer", value)
    }
    guard range.contains(number) else {
      throw ConfigurationError.outOfRange(
        source: source, key: key, value: String(number),
        allowed: "\(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func double(
    _ key: String, default fallback: Double, in range: ClosedRange<Double>
  ) throws -> Double {
    guard let value = value(key) else { return fallback }
    guard let number = value.doubleValue else { throw wrongType(prefix + key, "a number", value) }
    guard range.contains(number) else {
      throw ConfigurationError.outOfRange(
        source: source, key: prefix + key, value: "\(number)",
        allowed: "\(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func requiredDouble(_ key: String, in range: ClosedRange<Double>) throws -> Double {
    guard value(key) != nil else { throw missing(key) }
    return try double(key, default: 0, in: range)
  }

  func bool(_ key: String, default fallback: Bool) throws -> Bool {
    guard let value = value(key) else { return fallback }
    guard let flag = value.boolValue else { throw wrongType(prefix + key, "true or false", value) }
    return flag
  }

  func optionalString(_ keys: String...) throws -> String? {
    guard let (key, value) = value(keys) else { return nil }
    guard let text = value.stringValue else { throw wrongType(key, "a string", value) }
    return text
  }

  func nested(_ key: String) throws -> ConfigurationReader? {
    guard let value = value(key) else { return nil }
    guard let object = value.objectValue else { throw wrongType(prefix + key, "an object", value) }
    return ConfigurationReader(source: source, object: object, prefix: prefix + key + ".")
  }

  /// Refuses a key that is there and not null.
  func refuse(_ key: String, because reason: String) throws {
    guard value(key) == nil else { throw inconsistent(key, reason) }
  }

  func wrongType(_ key: String, _ expected: String, _ value: JSONValue) -> ConfigurationError {
    .wrongType(source: source, key: key, expected: expected, found: value.kindName)
  }

  func missing(_ key: String) -> ConfigurationError {
    .missing(source: source, key: prefix + key)
  }

  func unsupported(_ key: String, _ value: JSONValue, allowed: String) -> ConfigurationError {
    let text = value.stringValue.map { $0.quoted() } ?? String(value.encoded().prefix(60))
    return .unsupported(source: source, key: prefix + key, value: text, allowed: allowed)
  }

  func inconsistent(_ key: String, _ reason: String) -> ConfigurationError {
    .inconsistent(source: source, key: prefix + key, reason: reason)
  }
}
