/// Writes metadata of versions 14 to 16, so that small ones can be made.
struct MetadataWriter {
  private let version: UInt8
  private var writer = ScaleWriter()

  private init(version: UInt8) { self.version = version }

  static func bytes(
    version: UInt8, types: [TypeDefinition], pallets: [Pallet], extensions: [SignedExtension],
    apis: [RuntimeAPI]
  ) -> [UInt8] {
    var part = MetadataWriter(version: version)
    part.writer.append(Array("meta".utf8) + [version])
    part.list(Array(types.enumerated())) { $0.type($1.offset, $1.element) }
    part.list(pallets) { $0.pallet($1) }
    part.extrinsic(extensions)
    if version >= 15 {
      part.list(apis) { $0.api($1) }
      for _ in 0..<3 { part.id(0) }
      part.list([[UInt8]([1, 2])]) { part, value in
        part.writer.append(text: "custom")
        part.id(0)
        part.writer.append(counted: value)
      }
    }
    return part.writer.bytes
  }

  private mutating func id(_ type: TypeID) { writer.append(count: type) }

  private mutating func list<Item>(
    _ items: [Item], _ write: (inout MetadataWriter, Item) -> Void
  ) {
    writer.append(count: items.count)
    for item in items { write(&self, item) }
  }

  private mutating func option<Item>(
    _ item: Item?, _ write: (inout MetadataWriter, Item) -> Void
  ) {
    writer.append([item == nil ? 0 : 1])
    if let item { write(&self, item) }
  }

  private mutating func docs(_ lines: [String] = []) {
    list(lines) { $0.writer.append(text: $1) }
  }

  private mutating func deprecation(_ kind: UInt8 = 0) {
    guard version >= 16 else { return }
    writer.append([kind])
    guard kind == 2 else { return }
    writer.append(text: "old")
    option("1.0") { $0.writer.append(text: $1) }
  }

  private mutating func type(_ id: TypeID, _ definition: TypeDefinition) {
    self.id(id)
    list(definition.path) { $0.writer.append(text: $1) }
    list(definition.parameters) { part, parameter in
      part.writer.append(text: parameter.name)
      part.option(parameter.type) { $0.id($1) }
    }
    switch definition.shape {
    case .composite(let content): tag(0) { $0.fields(content) }
    case .variant(let variants):
      tag(1) { part in
        part.list(variants) { part, variant in
          part.writer.append(text: variant.name)
          part.fields(variant.fields)
          part.writer.append([variant.index])
          part.docs([" " + variant.docs])
        }
      }
    case .sequence(let inner): tag(2) { $0.id(inner) }
    case .array(let count, let inner):
      tag(3) { part in
        part.writer.append(integer: UInt32(clamping: count))
        part.id(inner)
      }
    case .tuple(let ids): tag(4) { $0.list(ids) { $0.id($1) } }
    case .primitive(let primitive): tag(5) { $0.writer.append([primitive.rawValue]) }
    case .compact(let inner): tag(6) { $0.id(inner) }
    case .bitSequence(let store, let order):
      tag(7) { part in
        part.id(store)
        part.id(order)
      }
    }
    docs()
  }

  private mutating func tag(_ byte: UInt8, _ write: (inout MetadataWriter) -> Void) {
    writer.append([byte])
    write(&self)
  }

  private mutating func fields(_ fields: [TypeField]) {
    list(fields) { part, field in
      part.option(field.name) { $0.writer.append(text: $1) }
      part.id(field.type)
      part.option(field.typeName) { $0.writer.append(text: $1) }
      part.docs()
    }
  }

  private mutating func pallet(_ pallet: Pallet) {
    writer.append(text: pallet.name)
    option(pallet.storage.isEmpty ? nil : pallet.storage) { part, entries in
      part.writer.append(text: pallet.name)
      part.list(entries) { $0.entry($1) }
    }
    option(pallet.calls) { $0.enumeration($1) }
    option(pallet.events) { $0.enumeration($1) }
    list(pallet.constants) { part, constant in
      part.writer.append(text: constant.name)
      part.id(constant.type)
      part.writer.append(counted: constant.value)
      part.docs()
      part.deprecation(1)
    }
    option(pallet.errors) { $0.enumeration($1) }
    if version >= 16 {
      list(["Associated"]) { part, name in
        part.writer.append(text: name)
        part.id(0)
        part.docs()
      }
      list(["view"]) { part, name in
        part.writer.append([UInt8](repeating: 7, count: 32))
        part.method(
          RuntimeMethod(
            name: name, inputs: [RuntimeArgument(name: "argument", type: 0)], output: 0))
      }
    }
    writer.append([pallet.index])
    if version >= 15 { docs(["A pallet."]) }
    deprecation(2)
  }

  private mutating func enumeration(_ type: TypeID) {
    id(type)
    if version >= 16 {
      list([UInt8(0)]) { part, index in
        part.writer.append([index])
        part.deprecation(2)
      }
    }
  }

  private mutating func entry(_ entry: StorageEntry) {
    writer.append(text: entry.name)
    writer.append([entry.modifier.rawValue, entry.key == nil ? 0 : 1])
    if let key = entry.key {
      list(entry.hashers) { $0.writer.append([$1.rawValue]) }
      id(key)
    }
    id(entry.value)
    writer.append(counted: entry.fallback)
    docs()
    deprecation()
  }

  private mutating func method(_ method: RuntimeMethod) {
    writer.append(text: method.name)
    list(method.inputs) { part, input in
      part.writer.append(text: input.name)
      part.id(input.type)
    }
    id(method.output)
    docs()
    deprecation(1)
  }

  private mutating func api(_ api: RuntimeAPI) {
    writer.append(text: api.name)
    list(api.methods) { $0.method($1) }
    docs()
    if version >= 16 { writer.append(compact: 1) }
    deprecation()
  }

  private mutating func extrinsic(_ extensions: [SignedExtension]) {
    switch version {
    case 14:
      id(0)
      writer.append([4])
    case 15:
      writer.append([4])
      for _ in 0..<4 { id(0) }
    default:
      list([UInt8(4), 5]) { $0.writer.append([$1]) }
      for _ in 0..<3 { id(0) }
      list([UInt8(0)]) { part, number in
        part.writer.append([number])
        part.list(Array(extensions.indices)) { $0.writer.append(count: $1) }
      }
    }
    list(extensions) { part, item in
      part.writer.append(text: item.identifier)
      part.id(item.explicit)
      part.id(item.implicit)
    }
    if version < 16 { id(0) }
  }
}
