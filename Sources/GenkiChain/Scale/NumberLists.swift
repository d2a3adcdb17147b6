/// Long lists of numbers, read in one go instead of value by value.
///
/// The type is checked first, so that a runtime that changes it gives an error, not other numbers.
extension ValueDecoder {
  /// A `Vec<u16>`.
  public func uint16List(_ bytes: [UInt8], as type: TypeID) throws -> [UInt16] {
    try list(bytes, as: type, of: [.u16]) { raw, place in
      UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self))
    }
  }

  /// A `Vec<u64>`.
  public func uint64List(_ bytes: [UInt8], as type: TypeID) throws -> [UInt64] {
    try list(bytes, as: type, of: [.u64]) { raw, place in
      UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self))
    }
  }

  /// A `Vec<bool>`.
  public func boolList(_ bytes: [UInt8], as type: TypeID) throws -> [Bool] {
    let numbers = try list(bytes, as: type, of: [.bool]) { raw, place in raw[place] }
    if let place = numbers.firstIndex(where: { $0 > 1 }) {
      throw ScaleError.unexpected(
        offset: bytes.count - numbers.count + place, expected: "0 or 1",
        found: "byte \(numbers[place])")
    }
    return numbers.map { $0 == 1 }
  }

  /// A `Vec<(u16, u16)>`, as weights and bonds are stored.
  public func weightList(_ bytes: [UInt8], as type: TypeID) throws -> [UidWeight] {
    try list(bytes, as: type, of: [.u16, .u16]) { raw, place in
      let uid = raw.loadUnaligned(fromByteOffset: 4 * place, as: UInt16.self)
      let weight = raw.loadUnaligned(fromByteOffset: 4 * place + 2, as: UInt16.self)
      return UidWeight(uid: UInt16(littleEndian: uid), weight: UInt16(littleEndian: weight))
    }
  }

  private func list<Item>(
    _ bytes: [UInt8], as type: TypeID, of primitives: [PrimitiveType],
    _ item: (UnsafeRawBufferPointer, Int) -> Item
  ) throws -> [Item] {
    guard bytes.count <= limits.bytesMaximum else {
      throw ScaleError.limit(offset: 0, what: "bytes", maximum: limits.bytesMaximum)
    }
    guard case .sequence(let inner) = try types[try types.unwrapped(type)].shape,
      try elements(inner) == primitives
    else {
      throw ScaleError.unexpected(
        offset: 0, expected: "a list of \(primitives.map { "\($0)" }.joined(separator: ", "))",
        found: types.describe(type))
    }
    let width = primitives.reduce(0) { $0 + $1.minimumBytes }
    var reader = ScaleReader(bytes)
    let count = try reader.count(itemBytes: width)
    let content = try reader.take(count * width)
    try reader.finish()
    return content.withUnsafeBytes { raw in (0..<count).map { item(raw, $0) } }
  }

  /// The primitive types that an element is made of; nil if it is made of others.
  private func elements(_ type: TypeID) throws -> [PrimitiveType?] {
    switch try types[try types.unwrapped(type)].shape {
    case .primitive(let primitive): [primitive]
    case .tuple(let ids): try ids.map { try types.primitive($0) }
    default: [nil]
    }
  }
}
