/// Reads the parts of metadata in the order in which they lie there.
struct MetadataReader {
  var reader: ScaleReader
  let limits: MetadataLimits
  let version: UInt8
  private var items = 0

  init(_ bytes: [UInt8], limits: MetadataLimits) throws {
    guard bytes.count <= limits.bytesMaximum else {
      throw ScaleError.limit(offset: 0, what: "bytes of metadata", maximum: limits.bytesMaximum)
    }
    reader = ScaleReader(bytes)
    self.limits = limits
    guard bytes.starts(with: "meta".utf8) else { throw MetadataError.notMetadata }
    _ = try reader.take(4)
    version = try reader.byte("the version of the metadata")
    guard (14...16).contains(version) else { throw MetadataError.version(version) }
  }

  // MARK: Pieces

  /// A counted list; its items have at least so many bytes each.
  mutating func list<Item>(
    itemBytes: Int, _ what: String, _ item: (inout MetadataReader) throws -> Item
  ) throws -> [Item] {
    let count = try count(itemBytes: itemBytes, what)
    var result: [Item] = []
    result.reserveCapacity(count)
    for _ in 0..<count { result.append(try item(&self)) }
    return result
  }

  private mutating func count(itemBytes: Int, _ what: String) throws -> Int {
    let start = reader.offset
    let count = try reader.count(itemBytes: itemBytes, what)
    items += count
    guard items <= limits.itemsMaximum else {
      throw ScaleError.limit(
        offset: start, what: "items of metadata", maximum: limits.itemsMaximum)
    }
    return count
  }

  mutating func option<Item>(
    _ item: (inout MetadataReader) throws -> Item
  ) throws -> Item? {
    try reader.option() ? try item(&self) : nil
  }

  mutating func typeID() throws -> TypeID {
    let start = reader.offset
    let value = try reader.compact()
    guard value < UInt128(limits.typesMaximum) else {
      throw ScaleError.limit(offset: start, what: "types", maximum: limits.typesMaximum)
    }
    return TypeID(value)
  }

  /// Lines of documentation as one text.
  mutating func docs() throws -> String {
    try list(itemBytes: 1, "lines of documentation") { part in
      let line = try part.reader.text()
      return line.hasPrefix(" ") ? String(line.dropFirst()) : line
    }.joined(separator: "\n")
  }

  mutating func skipDocs() throws {
    for _ in 0..<(try count(itemBytes: 1, "lines of documentation")) { try reader.skipText() }
  }

  /// A byte that stands for one of the cases.
  private mutating func tag<Value: RawRepresentable<UInt8>>(_ expected: String) throws -> Value {
    let start = reader.offset
    let byte = try reader.byte(expected)
    guard let value = Value(rawValue: byte) else {
      throw ScaleError.unexpected(offset: start, expected: expected, found: "byte \(byte)")
    }
    return value
  }

  // MARK: Types

  mutating func types() throws -> [TypeDefinition] {
    let start = reader.offset
    var next = 0
    let definitions = try list(itemBytes: 6, "types") { part in
      let offset = part.reader.offset
      let id = try part.typeID()
      guard id == next else {
        throw ScaleError.unexpected(
          offset: offset, expected: "type \(next)", found: "type \(id)")
      }
      next += 1
      let path = try part.list(itemBytes: 1, "names") { try $0.reader.text() }
      let parameters = try part.list(itemBytes: 2, "type parameters") { part in
        TypeParameter(
          name: try part.reader.text(), type: try part.option { try $0.typeID() })
      }
      let shape = try part.shape()
      try part.skipDocs()
      return TypeDefinition(path: path, parameters: parameters, shape: shape)
    }
    guard definitions.count <= limits.typesMaximum else {
      throw ScaleError.limit(offset: start, what: "types", maximum: limits.typesMaximum)
    }
    return definitions
  }

  private mutating func shape() throws -> TypeShape {
    let start = reader.offset
    switch try reader.byte("the kind of a type") {
    case 0: return .composite(try fields())
    case 1: return .variant(try variants())
    case 2: return .sequence(try typeID())
    case 3:
      let count = try reader.integer(UInt32.self)
      return .array(count: Int(count), of: try typeID())
    case 4: return .tuple(try list(itemBytes: 1, "types of a tuple") { try $0.typeID() })
    case 5: return .primitive(try tag("a primitive type"))
    case 6: return .compact(try typeID())
    case 7: return .bitSequence(store: try typeID(), order: try typeID())
    case let other:
      throw ScaleError.unexpected(
        offset: start, expected: "a kind of type from 0 to 7", found: "byte \(other)")
    }
  }

  private mutating func fields() throws -> [TypeField] {
    try list(itemBytes: 4, "fields") { part in
      let name = try part.option { try $0.reader.text() }
      let type = try part.typeID()
      let typeName = try part.option { try $0.reader.text() }
      try part.skipDocs()
      return TypeField(name, type, typeName: typeName)
    }
  }

  private mutating func variants() throws -> [TypeVariant] {
    var seen = Set<UInt8>()
    return try list(itemBytes: 4, "variants") { part in
      let name = try part.reader.text()
      let fields = try part.fields()
      let start = part.reader.offset
      let index = try part.reader.byte("the number of a variant")
      guard seen.insert(index).inserted else {
        throw ScaleError.unexpected(
          offset: start, expected: "a number of its own for each variant",
          found: "\(index) twice")
      }
      return TypeVariant(name, index: index, fields: fields, docs: try part.docs())
    }
  }

  // MARK: Pallets

  mutating func pallets() throws -> [Pallet] {
    try list(itemBytes: 7, "pallets") { try $0.pallet() }
  }

  private mutating func pallet() throws -> Pallet {
    let name = try reader.text()
    let storage = try option { part in
      let prefix = try part.reader.text()
      return try part.list(itemBytes: 6, "storage entries") {
        try $0.storageEntry(pallet: name, prefix: prefix)
      }
    }
    let calls = try option { try $0.enumeration() }
    let events = try option { try $0.enumeration() }
    let constants = try list(itemBytes: 4, "constants") { part in
      let constant = PalletConstant(
        name: try part.reader.text(), type: try part.typeID(),
        value: try part.reader.countedBytes())
      try part.skipDocs()
      try part.skipDeprecation()
      return constant
    }
    let errors = try option { try $0.enumeration() }
    if version >= 16 { try skipAssociatedTypesAndViews() }
    let index = try reader.byte("the number of a pallet")
    if version >= 15 { try skipDocs() }
    try skipDeprecation()
    return Pallet(
      name: name, index: index, storage: storage ?? [], calls: calls, events: events,
      errors: errors, constants: constants)
  }

  private mutating func storageEntry(pallet: String, prefix: String) throws -> StorageEntry {
    let name = try reader.text()
    let modifier: StorageEntry.Modifier = try tag("a storage modifier, 0 or 1")
    var hashers: [StorageHasher] = []
    var key: TypeID?
    let start = reader.offset
    switch try reader.byte("the kind of a storage entry") {
    case 0: break
    case 1:
      hashers = try list(itemBytes: 1, "hashers") { try $0.tag("a storage hasher, 0 to 6") }
      key = try typeID()
    case let other:
      throw ScaleError.unexpected(
        offset: start, expected: "a value (0) or a map (1)", found: "byte \(other)")
    }
    let value = try typeID()
    let fallback = try reader.countedBytes()
    try skipDocs()
    try skipDeprecation()
    return StorageEntry(
      pallet: pallet, prefix: prefix, name: name, modifier: modifier, hashers: hashers, key: key,
      value: value, fallback: fallback)
  }

  private mutating func enumeration() throws -> TypeID {
    let type = try typeID()
    if version >= 16 {
      _ = try list(itemBytes: 2, "deprecations") { part in
        _ = try part.reader.byte("the number of a variant")
        try part.skipDeprecation()
      }
    }
    return type
  }

  private mutating func skipAssociatedTypesAndViews() throws {
    _ = try list(itemBytes: 3, "associated types") { part in
      try part.reader.skipText()
      _ = try part.typeID()
      try part.skipDocs()
    }
    _ = try list(itemBytes: 37, "view functions") { part in
      _ = try part.reader.take(32)
      _ = try part.method()
    }
  }

  private mutating func skipDeprecation() throws {
    guard version >= 16 else { return }
    let start = reader.offset
    switch try reader.byte("a deprecation") {
    case 0, 1: break
    case 2:
      try reader.skipText()
      if try reader.option() { try reader.skipText() }
    case let other:
      throw ScaleError.unexpected(
        offset: start, expected: "a deprecation from 0 to 2", found: "byte \(other)")
    }
  }

  // MARK: Functions

  mutating func apis() throws -> [RuntimeAPI] {
    try list(itemBytes: 3, "runtime APIs") { part in
      let name = try part.reader.text()
      let methods = try part.list(itemBytes: 4, "methods") { try $0.method() }
      try part.skipDocs()
      if part.version >= 16 { _ = try part.reader.compact() }
      try part.skipDeprecation()
      return RuntimeAPI(name: name, methods: methods)
    }
  }

  private mutating func method() throws -> RuntimeMethod {
    let name = try reader.text()
    let inputs = try list(itemBytes: 2, "arguments") { part in
      RuntimeArgument(name: try part.reader.text(), type: try part.typeID())
    }
    let output = try typeID()
    try skipDocs()
    try skipDeprecation()
    return RuntimeMethod(name: name, inputs: inputs, output: output)
  }

  mutating func extensions() throws -> [SignedExtension] {
    try list(itemBytes: 3, "signed extensions") { part in
      SignedExtension(
        identifier: try part.reader.text(), explicit: try part.typeID(),
        implicit: try part.typeID())
    }
  }

  mutating func skipCustomValues() throws {
    _ = try list(itemBytes: 3, "custom values") { part in
      try part.reader.skipText()
      _ = try part.typeID()
      _ = try part.reader.countedBytes()
    }
  }
}
