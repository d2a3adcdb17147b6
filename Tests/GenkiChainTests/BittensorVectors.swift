import GenkiChain
import GenkiCore
import TestSupport

/// The reference data of `Tests/Vectors/bittensor`.
enum BittensorVectors {
  static func load(_ name: String) throws -> JSONValue {
    let path = Vectors.path("bittensor/\(name)")
    return try JSONValue.parse(TextFile.readBytes(path, sizeLimit: 4 << 20), source: path)
  }

  static func cases(_ name: String, _ key: String) throws -> [JSONValue] {
    try load(name)[key]?.arrayValue ?? []
  }

  /// The bytes of a text like `0x00ff`; empty where it is something else.
  static func bytes(_ value: JSONValue?) -> [UInt8] {
    let digits = Array((value?.stringValue ?? "").dropFirst(2))
    return stride(from: 0, to: digits.count - digits.count % 2, by: 2).compactMap {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16)
    }
  }
}

extension SecretBytes {
  var array: [UInt8] { withBytes { Array($0) } }
}
