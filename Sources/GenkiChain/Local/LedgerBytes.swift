/// Little-endian numbers and counted bytes, as the ledger and its extrinsics hold them.
enum LedgerBytes {
  /// Appends numbers to bytes.
  struct Writer {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }
  }

  /// Takes numbers off the front of bytes; nil where too few are left.
  struct Reader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func take(_ count: Int) -> [UInt8]? {
      guard count >= 0, count <= bytes.count - place else { return nil }
      defer { place += count }
      return Array(bytes[place..<(place + count)])
    }

    mutating func uint8() -> UInt8? { number() }
    mutating func uint16() -> UInt16? { number() }
    mutating func uint64() -> UInt64? { number() }

    private mutating func number<Value: FixedWidthInteger & UnsignedInteger>() -> Value? {
      guard let part = take(MemoryLayout<Value>.size) else { return nil }
      var value: Value = 0
      for (index, byte) in part.enumerated() { value |= Value(byte) << (8 * index) }
      return value
    }
  }

  /// Weights or bonds of one neuron, four bytes an entry.
  static func encode(_ entries: [UidWeight]) -> [UInt8] {
    var writer = Writer()
    for entry in entries {
      writer.append(entry.uid)
      writer.append(entry.weight)
    }
    return writer.bytes
  }

  /// Reads `encode`; nil where the bytes are something else.
  static func entries(_ bytes: [UInt8]) -> [UidWeight]? {
    var reader = Reader(bytes)
    var entries: [UidWeight] = []
    while !reader.isAtEnd {
      guard let uid = reader.uint16(), let weight = reader.uint16() else { return nil }
      entries.append(UidWeight(uid: uid, weight: weight))
    }
    return entries
  }
}
