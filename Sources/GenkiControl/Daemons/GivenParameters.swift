import GenkiCore

/// Parameters of which those that were not given stay out.
extension JSONObject {
  static func given(_ key: String, _ value: Int?) -> JSONObject { JSONObject().with(key, value) }

  static func given(_ key: String, _ value: String?) -> JSONObject { JSONObject().with(key, value) }

  func with(_ key: String, _ value: String?) -> JSONObject {
    guard let value else { return self }
    var copy = self
    copy[key] = .string(value)
    return copy
  }

  func with(_ key: String, _ value: Int?) -> JSONObject {
    guard let value else { return self }
    var copy = self
    copy[key] = JSONValue(value)
    return copy
  }
}
