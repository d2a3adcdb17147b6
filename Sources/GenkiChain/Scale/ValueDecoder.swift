/// Reads values of any type of a runtime from SCALE bytes.
public struct ValueDecoder: Sendable {
  let types: TypeRegistry
  let limits: ScaleLimits

  /// A decoder for the types of a runtime.
  public init(_ types: TypeRegistry, limits: ScaleLimits = ScaleLimits()) {
    self.types = types
    self.limits = limits
  }

  /// Reads one value that fills the bytes.
  ///
  /// - Throws: `ScaleError`.
  public func decode(_ bytes: [UInt8], as type: TypeID) throws(ScaleError) -> ScaleValue {
    guard bytes.count <= limits.bytesMaximum else {
      throw .limit(offset: 0, what: "bytes", maximum: limits.bytesMaximum)
    }
    var reader = ScaleReader(bytes)
    let value = try decode(from: &reader, as: type)
    try reader.finish()
    return value
  }

  /// Reads one value off the front of bytes.
  ///
  /// - Throws: `ScaleError`.
  public func decode(
    from reader: inout ScaleReader, as type: TypeID
  ) throws(ScaleError) -> ScaleValue {
    var walk = ValueWalk(types: types, limits: limits, reader: reader)
    let value = try walk.value(type, depth: 0)
    reader = walk.reader
    return value
  }
}

/// One decode under way: it counts what it has made.
private struct ValueWalk {
  let types: TypeRegistry
  let limits: ScaleLimits
  var reader: ScaleReader
  private var items = 0

  init(types: TypeRegistry, limits: ScaleLimits, reader: ScaleReader) {
    self.types = types
    self.limits = limits
    self.reader = reader
  }

  mutating func value(_ type: TypeID, depth: Int) throws(ScaleError) -> ScaleValue {
    guard depth < limits.depthMaximum else {
      throw .limit(
        offset: reader.offset, what: "values inside of each other", maximum: limits.depthMaximum)
    }
    items += 1
    guard items <= limits.itemsMaximum else { throw tooManyItems() }
    switch try types[type].shape {
    case .primitive(let primitive): return try self.primitive(primitive)
    case .composite(let fields):
      if fields.count == 1, fields[0].name == nil {
        return try value(fields[0].type, depth: depth + 1)
      }
      return .record(try self.fields(fields, depth: depth))
    case .variant(let variants): return try variant(variants, type: type, depth: depth)
    case .sequence(let inner): return try sequence(of: inner, depth: depth)
    case .array(let count, let inner): return try array(count, of: inner, depth: depth)
    case .tuple(let ids):
      var result: [ScaleField] = []
      result.reserveCapacity(ids.count)
      for id in ids { result.append(ScaleField(nil, try value(id, depth: depth + 1))) }
      return .record(result)
    case .compact(let inner): return try compact(inner)
    case .bitSequence(let store, _): return try bits(store)
    }
  }

  private func tooManyItems() -> ScaleError {
    .limit(offset: reader.offset, what: "values", maximum: limits.itemsMaximum)
  }

  private mutating func primitive(_ primitive: PrimitiveType) throws(ScaleError) -> ScaleValue {
    switch primitive {
    case .bool: return .bool(try reader.bool())
    case .str: return .text(try reader.text())
    case .u8: return .unsigned(UInt64(try reader.byte("a number")))
    case .u16: return .unsigned(UInt64(try reader.integer(UInt16.self)))
    case .u32: return .unsigned(UInt64(try reader.integer(UInt32.self)))
    case .u64: return .unsigned(try reader.integer(UInt64.self))
    case .u128: return .unsigned128(try reader.integer(UInt128.self))
    case .i8: return .signed(Int64(try reader.integer(Int8.self)))
    case .i16: return .signed(Int64(try reader.integer(Int16.self)))
    case .i32: return .signed(Int64(try reader.integer(Int32.self)))
    case .i64: return .signed(try reader.integer(Int64.self))
    case .i128: return .signed128(try reader.integer(Int128.self))
    case .u256, .i256: return .wide(Array(try reader.take(32, "bytes of a number")))
    case .char:
      let start = reader.offset
      guard let scalar = Unicode.Scalar(try reader.integer(UInt32.self)) else {
        throw .unexpected(offset: start, expected: "a character", found: "another number")
      }
      return .text(String(Character(scalar)))
    }
  }

  private mutating func fields(
    _ fields: [TypeField], depth: Int
  ) throws(ScaleError) -> [ScaleField] {
    var result: [ScaleField] = []
    result.reserveCapacity(fields.count)
    for field in fields {
      result.append(ScaleField(field.name, try value(field.type, depth: depth + 1)))
    }
    return result
  }

  private mutating func variant(
    _ variants: [TypeVariant], type: TypeID, depth: Int
  ) throws(ScaleError) -> ScaleValue {
    let start = reader.offset
    let index = try reader.byte("the number of a variant")
    // Mostly a variant's number is its place.
    let guess = Int(index)
    let found =
      variants.indices.contains(guess) && variants[guess].index == index
      ? variants[guess] : variants.first { $0.index == index }
    guard let found else {
      throw .unexpected(
        offset: start, expected: "a variant of \(types.describe(type))", found: "number \(index)")
    }
    return .variant(
      ScaleVariant(
        name: found.name, index: index, fields: try fields(found.fields, depth: depth)))
  }

  private mutating func sequence(
    of inner: TypeID, depth: Int
  ) throws(ScaleError) -> ScaleValue {
    if case .primitive(.u8) = try types[inner].shape {
      return .bytes(try reader.countedBytes())
    }
    if types.minimumBytes(of: inner) > 0 {
      let count = try reader.count(itemBytes: types.minimumBytes(of: inner))
      return .sequence(try elements(count, of: inner, depth: depth))
    }
    let count = try reader.compact()
    guard count <= UInt128(limits.itemsMaximum) else { throw tooManyItems() }
    return .sequence(try elements(Int(count), of: inner, depth: depth))
  }

  private mutating func array(
    _ count: Int, of inner: TypeID, depth: Int
  ) throws(ScaleError) -> ScaleValue {
    if case .primitive(.u8) = try types[inner].shape {
      return .bytes(Array(try reader.take(count)))
    }
    let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: types.minimumBytes(of: inner))
    guard !isTooMuch, bytes <= reader.remaining else {
      throw .endsEarly(offset: reader.offset, expected: "\(count) items")
    }
    return .sequence(try elements(count, of: inner, depth: depth))
  }

  private mutating func elements(
    _ count: Int, of inner: TypeID, depth: Int
  ) throws(ScaleError) -> [ScaleValue] {
    guard count <= limits.itemsMaximum - items else { throw tooManyItems() }
    var result: [ScaleValue] = []
    // Lists inside of lists must not each reserve what only one of them can hold.
    result.reserveCapacity(min(count, 4096))
    for _ in 0..<count { result.append(try value(inner, depth: depth + 1)) }
    return result
  }

  private mutating func compact(_ inner: TypeID) throws(ScaleError) -> ScaleValue {
    guard let target = try types.compactTarget(inner) else { return .unit }
    let start = reader.offset
    let value = try reader.compact()
    let maximum: UInt128? =
      switch target {
      case .u8: UInt128(UInt8.max)
      case .u16: UInt128(UInt16.max)
      case .u32: UInt128(UInt32.max)
      case .u64: UInt128(UInt64.max)
      case .u128: UInt128.max
      default: nil
      }
    guard let maximum, value <= maximum else {
      throw .unexpected(
        offset: start, expected: "a compact number of type \(target)", found: "another")
    }
    return target == .u128 ? .unsigned128(value) : .unsigned(UInt64(value))
  }

  private mutating func bits(_ store: TypeID) throws(ScaleError) -> ScaleValue {
    let word = try types.primitive(store)?.minimumBytes ?? 0
    guard [1, 2, 4, 8].contains(word) else {
      throw .unexpected(
        offset: reader.offset, expected: "words of 8, 16, 32 or 64 bits",
        found: types.describe(store))
    }
    let start = reader.offset
    let count = try reader.compact()
    guard count <= UInt128(reader.remaining) * 8 else {
      throw .endsEarly(offset: start, expected: "\(count) bits")
    }
    let words = (Int(count) + 8 * word - 1) / (8 * word)
    return .bits(count: Int(count), packed: Array(try reader.take(words * word)))
  }
}
