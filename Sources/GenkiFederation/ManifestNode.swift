import GenkiCore

/// A value of a manifest with the path that leads to it, for errors that name the key.
struct ManifestNode {
  let value: JSONValue?
  let key: String
  let file: String

  subscript(_ name: String) -> ManifestNode {
    ManifestNode(value: value?[name], key: key.isEmpty ? name : key + "." + name, file: file)
  }

  func failure(_ reason: String) -> FederationError {
    .badManifest(file: file, key: key, reason: value == nil ? "is missing" : reason)
  }

  func string() throws -> String {
    guard let text = value?.stringValue else { throw failure("must be a text") }
    return text
  }

  func digest() throws -> ContentDigest {
    guard let digest = ContentDigest(hex: try string()) else {
      throw failure("must be 64 hexadecimal digits")
    }
    return digest
  }

  func optionalDigest() throws -> ContentDigest? { value == nil ? nil : try digest() }

  func number(_ range: ClosedRange<Double>) throws -> Double {
    guard let number = value?.doubleValue, range.contains(number) else {
      throw failure("must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func optionalNumber(_ range: ClosedRange<Double>) throws -> Double? {
    value == nil ? nil : try number(range)
  }

  /// A measured figure; null stands for one that was not finite.
  func measurement() throws -> Double {
    if value == .null { return .nan }
    guard let number = value?.doubleValue else { throw failure("must be a number or null") }
    return number
  }

  func integer(_ range: ClosedRange<Int>) throws -> Int {
    guard let number = value?.intValue, range.contains(number) else {
      throw failure("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func unsigned() throws -> UInt64 {
    switch value {
    case .integer(let number) where number >= 0: return UInt64(number)
    case .unsigned(let number): return number
    default: throw failure("must be a whole number that is not negative")
    }
  }

  func array() throws -> [ManifestNode] {
    guard let elements = value?.arrayValue else { throw failure("must be a list") }
    return elements.enumerated().map {
      ManifestNode(value: $0.element, key: "\(key)[\($0.offset)]", file: file)
    }
  }
}
