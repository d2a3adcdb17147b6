import GenkiChain
import GenkiCore
import Synchronization
import TestSupport

/// The metadata of the reference data, decoded once for all tests.
enum RuntimeVectors {
  static let names = [
    "metadata-v14-spec343.scale", "metadata-v15-spec343.scale",
    "metadata-v14-spec393-derived.scale", "metadata-v15-spec393-derived.scale",
    "metadata-v16-spec393.scale",
  ]
  private static let cache = Mutex<[String: RuntimeMetadata]>([:])

  static func bytes(_ name: String) throws -> [UInt8] {
    try TextFile.readBytes(Vectors.path("bittensor/\(name)"), sizeLimit: 4 << 20)
  }

  static func metadata(_ name: String) throws -> RuntimeMetadata {
    if let known = cache.withLock({ $0[name] }) { return known }
    let metadata = try RuntimeMetadata(decoding: try bytes(name))
    cache.withLock { $0[name] = metadata }
    return metadata
  }

  /// All metadata of a version of the runtime; `spec` is its number in the vectors.
  static func all(spec: JSONValue?) throws -> [RuntimeMetadata] {
    let number = spec?.intValue ?? 0
    return try names.filter { $0.contains("spec\(number)") }.map(metadata)
  }
}

extension ScaleValue {
  /// A value from the JSON form that the vectors hold arguments in.
  init(vector json: JSONValue) throws {
    switch json {
    case .bool(let flag): self = .bool(flag)
    case .integer(let number) where number >= 0: self = .unsigned(UInt64(number))
    case .unsigned(let number): self = .unsigned(number)
    case .string(let text) where text.hasPrefix("0x"): self = .bytes(BittensorVectors.bytes(json))
    case .string(let text): self = .account(try SS58Address(parsing: text))
    case .array(let values): self = .sequence(try values.map(ScaleValue.init(vector:)))
    case .object(let object):
      let entries = object.entries
      if entries.count == 1, entries[0].key.hasPrefix("Raw") {
        self = .named(entries[0].key, [try ScaleValue(vector: entries[0].value)])
      } else {
        self = .record(
          try entries.map { ScaleField($0.key, try ScaleValue(vector: $0.value)) })
      }
    default: throw ScaleError.unexpected(offset: 0, expected: "a value", found: json.kindName)
    }
  }

  /// Whether this is what other decoders show as JSON.
  func isShown(as json: JSONValue) -> Bool {
    switch self {
    case .bool(let flag): json == .bool(flag)
    case .unsigned(let number): Self.isShown(number, json)
    case .unsigned128(let number): Self.isShown(number, json)
    case .signed(let number): Self.isShown(number, json)
    case .signed128(let number): Self.isShown(number, json)
    case .wide, .bits: false
    case .text(let text): json.stringValue == text
    case .bytes(let bytes): Self.isShown(bytes, json)
    case .sequence(let values): Self.areShown(values, json.arrayValue)
    case .record(let fields): Self.areShown(fields, json)
    case .variant(let variant): Self.isShown(variant, json)
    }
  }

  private static func isShown(_ number: some BinaryInteger, _ json: JSONValue) -> Bool {
    switch json {
    case .integer(let other): number == other
    case .unsigned(let other): number == other
    case .string(let text): text == "\(number)"
    default: false
    }
  }

  private static func isShown(_ bytes: [UInt8], _ json: JSONValue) -> Bool {
    switch json {
    case .array(let values): values.map(\.intValue) == bytes.map { Int($0) }
    case .string(let text) where text.hasPrefix("0x"): BittensorVectors.bytes(json) == bytes
    case .string(let text):
      (try? SS58Address(parsing: text))?.publicKey == bytes || Array(text.utf8) == bytes
    default: false
    }
  }

  private static func areShown(_ values: [ScaleValue], _ json: [JSONValue]?) -> Bool {
    guard let json, json.count == values.count else { return false }
    return zip(values, json).allSatisfy { $0.isShown(as: $1) }
  }

  private static func areShown(_ fields: [ScaleField], _ json: JSONValue) -> Bool {
    guard let object = json.objectValue else {
      return areShown(fields.map(\.value), json.arrayValue)
    }
    return object.keys.count == fields.count
      && fields.allSatisfy { field in
        field.name.flatMap { object[$0] }.map { field.value.isShown(as: $0) } ?? false
      }
  }

  private static func isShown(_ variant: ScaleVariant, _ json: JSONValue) -> Bool {
    switch (variant.name, variant.fields.count) {
    case ("None", 0): return json.isNull || json.stringValue == "None"
    case ("Some", 1): return variant.fields[0].value.isShown(as: json)
    case (let name, 0): return json.stringValue == name
    default:
      guard let content = json[variant.name] else { return false }
      if variant.fields.count == 1, variant.fields[0].name == nil {
        return variant.fields[0].value.isShown(as: content)
      }
      return areShown(variant.fields, content)
    }
  }
}
