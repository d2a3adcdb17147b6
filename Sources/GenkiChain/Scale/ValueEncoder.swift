/// Writes values of any type of a runtime in SCALE form.
///
/// What `ValueDecoder` made is written as the bytes that it was read from. A structure's named fields
/// may come in any order; a field too few or too many is an error.
public struct ValueEncoder: Sendable {
  private let types: TypeRegistry
  private let depthMaximum: Int

  /// An encoder for the types of a runtime.
  public init(_ types: TypeRegistry, depthMaximum: Int = ScaleLimits().depthMaximum) {
    self.types = types
    self.depthMaximum = depthMaximum
  }

  /// The bytes of a value; `path` names it in errors.
  ///
  /// - Throws: `ScaleValueError` if the value is not of the type, `ScaleError` if there is no such
  ///   type.
  public func encode(_ value: ScaleValue, as type: TypeID, path: String = "") throws -> [UInt8] {
    var writer = ScaleWriter()
    try encode(value, as: type, to: &writer, path: path)
    return writer.bytes
  }

  /// Appends a value to bytes.
  public func encode(
    _ value: ScaleValue, as type: TypeID, to writer: inout ScaleWriter, path: String = ""
  ) throws {
    try write(value, type, &writer, path, depth: 0)
  }

  /// Appends the fields of a variant or a structure, given by name or in order.
  func encode(
    fields: [ScaleField], as declared: [TypeField], to writer: inout ScaleWriter, path: String
  ) throws {
    try write(fields, declared, &writer, path, depth: 0)
  }

  private func write(
    _ value: ScaleValue, _ type: TypeID, _ writer: inout ScaleWriter, _ path: String, depth: Int
  ) throws {
    guard depth < depthMaximum else {
      throw ScaleValueError.depth(path: path, maximum: depthMaximum)
    }
    switch (try types[type].shape, value) {
    case (.primitive(let primitive), _): try write(value, primitive, &writer, path)
    case (.compact(let inner), _): try writeCompact(value, inner, &writer, path)
    case (.composite(let declared), _) where declared.count == 1 && declared[0].name == nil:
      try write(value, declared[0].type, &writer, path, depth: depth + 1)
    case (.composite(let declared), .record(let fields)):
      try write(fields, declared, &writer, path, depth: depth)
    case (.tuple(let ids), .record(let fields)):
      guard ids.count == fields.count else { throw mismatch(path, type, value) }
      for (index, id) in ids.enumerated() {
        try write(fields[index].value, id, &writer, "\(path)[\(index)]", depth: depth + 1)
      }
    case (.tuple(let ids), .sequence(let values)) where ids.count == values.count:
      for (index, id) in ids.enumerated() {
        try write(values[index], id, &writer, "\(path)[\(index)]", depth: depth + 1)
      }
    case (.variant(let variants), .variant(let variant)):
      guard let declared = variants.first(where: { $0.name == variant.name }) else {
        throw mismatch(path, type, value)
      }
      writer.append(CollectionOfOne(declared.index))
      try write(
        variant.fields, declared.fields, &writer, join(path, variant.name), depth: depth)
    case (.sequence(let inner), _):
      try writeList(value, nil, type, inner, &writer, path, depth: depth)
    case (.array(let count, let inner), _):
      try writeList(value, count, type, inner, &writer, path, depth: depth)
    case (.bitSequence(let store, _), .bits(let count, let packed)):
      let word = max(try types.primitive(store)?.minimumBytes ?? 1, 1)
      guard count >= 0, count <= 8 * packed.count,
        packed.count == (count + 8 * word - 1) / (8 * word) * word
      else { throw mismatch(path, type, value) }
      writer.append(count: count)
      writer.append(packed)
    default: throw mismatch(path, type, value)
    }
  }

  private func write(
    _ fields: [ScaleField], _ declared: [TypeField], _ writer: inout ScaleWriter, _ path: String,
    depth: Int
  ) throws {
    let areNamed = !fields.isEmpty && fields.allSatisfy { $0.name != nil }
    for (index, field) in declared.enumerated() {
      let name = field.name ?? "[\(index)]"
      let found: ScaleField? =
        areNamed && field.name != nil
        ? fields.first { $0.name == field.name }
        : (fields.indices.contains(index) ? fields[index] : nil)
      guard let found else { throw ScaleValueError.missing(path: path, field: name) }
      try write(found.value, field.type, &writer, join(path, name), depth: depth + 1)
    }
    guard fields.count <= declared.count else {
      let names = Set(declared.compactMap(\.name))
      let extra = fields.first { !names.contains($0.name ?? "") }
      throw ScaleValueError.unknown(path: path, field: extra?.name ?? "[\(declared.count)]")
    }
  }

  private func writeList(
    _ value: ScaleValue, _ count: Int?, _ type: TypeID, _ inner: TypeID,
    _ writer: inout ScaleWriter, _ path: String, depth: Int
  ) throws {
    switch (value, try types.primitive(inner)) {
    case (.bytes(let bytes), .u8):
      guard count == nil || count == bytes.count else { throw mismatch(path, type, value) }
      if count == nil { writer.append(count: bytes.count) }
      writer.append(bytes)
    case (.sequence(let values), let primitive):
      guard count == nil || count == values.count else { throw mismatch(path, type, value) }
      if count == nil { writer.append(count: values.count) }
      for (index, element) in values.enumerated() {
        // Numbers, the bulk of long lists, need no path of their own unless they are wrong.
        if case .unsigned(let number) = element, let primitive,
          write(unsigned: number, primitive, &writer)
        {
          continue
        }
        try write(element, inner, &writer, "\(path)[\(index)]", depth: depth + 1)
      }
    default: throw mismatch(path, type, value)
    }
  }

  /// Whether the number has been written: it has the type and fits.
  private func write(
    unsigned number: UInt64, _ primitive: PrimitiveType, _ writer: inout ScaleWriter
  ) -> Bool {
    switch primitive {
    case .u8: return append(UInt8(exactly: number), &writer)
    case .u16: return append(UInt16(exactly: number), &writer)
    case .u32: return append(UInt32(exactly: number), &writer)
    case .u64: return append(number, &writer)
    case .u128: return append(UInt128(number), &writer)
    default: return false
    }
  }

  private func append(_ number: (some FixedWidthInteger)?, _ writer: inout ScaleWriter) -> Bool {
    guard let number else { return false }
    writer.append(integer: number)
    return true
  }

  private func write(
    _ value: ScaleValue, _ primitive: PrimitiveType, _ writer: inout ScaleWriter, _ path: String
  ) throws {
    func mismatch() -> ScaleValueError {
      .mismatch(path: path, expected: "a value of type \(primitive)", found: value.kindName)
    }
    let isWritten: Bool
    switch (primitive, value) {
    case (.bool, .bool(let flag)):
      writer.append(bool: flag)
      isWritten = true
    case (.str, .text(let text)):
      writer.append(text: text)
      isWritten = true
    case (.char, .text(let text)) where text.unicodeScalars.count == 1:
      isWritten = append(text.unicodeScalars.first?.value, &writer)
    case (.u256, .wide(let bytes)) where bytes.count == 32,
      (.i256, .wide(let bytes)) where bytes.count == 32:
      writer.append(bytes)
      isWritten = true
    case (.u8, _), (.u16, _), (.u32, _), (.u64, _), (.u128, _):
      let number = try value.root.wide(path: path)
      isWritten =
        primitive == .u128
        ? append(number, &writer)
        : UInt64(exactly: number).map { write(unsigned: $0, primitive, &writer) } ?? false
    case (.i8, _), (.i16, _), (.i32, _), (.i64, _), (.i128, _):
      let number = try ScaleLookup(value, path: path).signed(Int128.self)
      switch primitive {
      case .i8: isWritten = append(Int8(exactly: number), &writer)
      case .i16: isWritten = append(Int16(exactly: number), &writer)
      case .i32: isWritten = append(Int32(exactly: number), &writer)
      case .i64: isWritten = append(Int64(exactly: number), &writer)
      default: isWritten = append(number, &writer)
      }
    default: isWritten = false
    }
    guard isWritten else { throw mismatch() }
  }

  private func writeCompact(
    _ value: ScaleValue, _ inner: TypeID, _ writer: inout ScaleWriter, _ path: String
  ) throws {
    guard let target = try types.compactTarget(inner) else { return }
    let number = try value.root.wide(path: path)
    guard target.minimumBytes >= 16 || number >> UInt128(8 * target.minimumBytes) == 0 else {
      throw ScaleValueError.mismatch(
        path: path, expected: "a compact number of type \(target)", found: value.kindName)
    }
    writer.append(compact: number)
  }

  private func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : "\(path).\(name)"
  }

  private func mismatch(
    _ path: String, _ type: TypeID, _ value: ScaleValue
  ) -> ScaleValueError {
    .mismatch(path: path, expected: types.describe(type), found: value.kindName)
  }
}

extension ScaleLookup {
  /// The number as one of 128 bits, with another path in errors.
  fileprivate func wide(path: String) throws -> UInt128 {
    try ScaleLookup(try value, path: path).unsigned(UInt128.self)
  }
}
