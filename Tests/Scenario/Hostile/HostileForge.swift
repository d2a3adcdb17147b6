import GenkiCore

/// What hostile repositories are made of; each has its own number, and so its own content.
struct HostileForge: Sendable {
  let number: Int
  /// The file of the base's weights.
  let base: [UInt8]
  /// The file of an honest miner's weights.
  let honest: [UInt8]

  /// A model that nobody else has: the base, changed a little.
  var weights: [UInt8] { changed { _ in Float(number + 1) / 1_000 } }

  /// The base with other values in its first tensor.
  func changed(count: Int = 1, _ value: (Int) -> Float) -> [UInt8] {
    var bytes = base
    let start = 8 + Int(bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.1) << (8 * $1.0) })
    for place in 0..<count {
      for (offset, byte) in Self.littleEndian(UInt64(value(place).bitPattern), 4).enumerated() {
        bytes[start + 4 * place + offset] = byte
      }
    }
    return bytes
  }

  /// A file of this header, whatever it says, and so many bytes of data.
  func file(header: String, length: UInt64? = nil, data: Int) -> [UInt8] {
    let text = Array(header.utf8)
    return Self.littleEndian(length ?? UInt64(text.count), 8) + text
      + (0..<data).map { UInt8(truncatingIfNeeded: ($0 &* 7) ^ number) }
  }

  /// A well-formed file of tensors that hold zeros and one number of our own.
  func file(tensors: [(name: String, shape: [Int])]) -> [UInt8] {
    var start = 0
    let entries = tensors.map { tensor in
      let end = start + 4 * tensor.shape.reduce(1, *)
      defer { start = end }
      return "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),"
        + "\"data_offsets\":[\(start),\(end)]}"
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    let data = Self.littleEndian(UInt64(Float(number + 1).bitPattern), 4)
    return Self.littleEndian(UInt64(header.count), 8) + header + data
      + [UInt8](repeating: 0, count: max(0, start - 4))
  }

  /// The factors of an adapter of rank 2 on one module of width 16.
  func adapter(module: String) -> [UInt8] {
    file(tensors: [
      ("base_model.model.\(module).lora_A.weight", [2, 16]),
      ("base_model.model.\(module).lora_B.weight", [16, 2]),
    ])
  }

  /// JSON that is nested deeper than anybody reads.
  static func nested(_ depth: Int = 50_000) -> [UInt8] {
    Array(repeating: UInt8(ascii: "["), count: depth)
      + Array(repeating: UInt8(ascii: "]"), count: depth)
  }

  /// What a commitment binds: the hash of what `sha256sum` prints for the files of weights.
  static func contentHash(_ files: [String: [UInt8]]) -> ContentDigest {
    let lines = files.filter { $0.key.hasSuffix(".safetensors") }.sorted { $0.key < $1.key }
      .map { "\(SHA256Hasher.digest(of: $0.value).hex)  \($0.key)\n" }
    return SHA256Hasher.digest(of: Array(lines.joined().utf8))
  }

  private static func littleEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }
}
