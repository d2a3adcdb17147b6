/// What a runtime says about itself: types, pallets, signed extensions, functions.
///
/// Everything is looked up by name. It takes some milliseconds to decode and is made to be kept, one
/// for each version of the runtime.
public struct RuntimeMetadata: Sendable {
  /// 14, 15 or 16.
  public let version: UInt8
  /// All types.
  public let types: TypeRegistry
  /// The parts of the runtime.
  public let pallets: [Pallet]
  /// The versions of extrinsics that the runtime reads.
  public let extrinsicVersions: [UInt8]
  /// The extensions of a signed extrinsic, in their order.
  public let extensions: [SignedExtension]
  /// The functions that a node runs for its clients; none in version 14, which does not list them.
  public let apis: [RuntimeAPI]
  private let palletsByName: [String: Int]
  private let palletsByIndex: [UInt8: Int]

  /// Reads metadata that begins with `meta`.
  ///
  /// - Throws: `MetadataError` or `ScaleError`.
  public init(decoding bytes: [UInt8], limits: MetadataLimits = MetadataLimits()) throws {
    var part = try MetadataReader(bytes, limits: limits)
    version = part.version
    types = try TypeRegistry(try part.types())
    pallets = try part.pallets()
    switch part.version {
    case 14:
      _ = try part.typeID()
      extrinsicVersions = [try part.reader.byte("the version of extrinsics")]
      extensions = try part.extensions()
      _ = try part.typeID()
      apis = []
    case 15:
      extrinsicVersions = [try part.reader.byte("the version of extrinsics")]
      for _ in 0..<4 { _ = try part.typeID() }
      extensions = try part.extensions()
      _ = try part.typeID()
      apis = try part.apis()
      for _ in 0..<3 { _ = try part.typeID() }
      try part.skipCustomValues()
    default:
      extrinsicVersions = try part.list(itemBytes: 1, "versions") { try $0.reader.byte() }
      for _ in 0..<3 { _ = try part.typeID() }
      let choices = try part.list(itemBytes: 2, "versions of extensions") { part in
        let version = try part.reader.byte("a version of extensions")
        let indices = try part.list(itemBytes: 1, "extensions") { try $0.reader.compact() }
        return (version, indices)
      }
      extensions = try Self.chosen(choices, from: try part.extensions())
      apis = try part.apis()
      for _ in 0..<3 { _ = try part.typeID() }
      try part.skipCustomValues()
    }
    try part.reader.finish()
    palletsByName = try Self.index(pallets, by: \.name)
    palletsByIndex = try Self.index(pallets, by: \.index)
    try checkTypes()
  }

  /// Signed extrinsics of version 4 carry the extensions of version 0.
  private static func chosen(
    _ choices: [(version: UInt8, indices: [UInt128])], from all: [SignedExtension]
  ) throws -> [SignedExtension] {
    guard let choice = choices.first(where: { $0.version == 0 }) else { return all }
    return try choice.indices.map { index in
      guard index < UInt128(all.count) else {
        throw MetadataError.inconsistent(
          what: "signed extension \(index)", reason: "only \(all.count) are defined")
      }
      return all[Int(index)]
    }
  }

  private static func index<Key: Hashable>(
    _ pallets: [Pallet], by key: KeyPath<Pallet, Key>
  ) throws -> [Key: Int] {
    var result: [Key: Int] = [:]
    for (place, pallet) in pallets.enumerated() {
      guard result.updateValue(place, forKey: pallet[keyPath: key]) == nil else {
        throw MetadataError.inconsistent(
          what: "pallet \(pallet.name)", reason: "its name or number is used twice")
      }
    }
    return result
  }

  /// Every type that a part uses must be defined.
  private func checkTypes() throws {
    for pallet in pallets {
      for type in [pallet.calls, pallet.events, pallet.errors].compactMap(\.self) {
        _ = try types[type]
      }
      for constant in pallet.constants { _ = try types[constant.type] }
      for entry in pallet.storage {
        _ = try types[entry.value]
        if let key = entry.key { _ = try types[key] }
      }
    }
    for item in extensions {
      _ = try types[item.explicit]
      _ = try types[item.implicit]
    }
    for method in apis.flatMap(\.methods) {
      _ = try types[method.output]
      for input in method.inputs { _ = try types[input.type] }
    }
  }

  /// The metadata inside of a result of `Metadata_metadata_at_version`; nil if the node has none of
  /// the version that was asked for.
  public static func unwrapped(_ result: [UInt8]) throws(ScaleError) -> [UInt8]? {
    var reader = ScaleReader(result)
    let content = try reader.option() ? try reader.countedBytes() : nil
    try reader.finish()
    return content
  }

  // MARK: Lookup

  /// A pallet by name.
  public func pallet(_ name: String) throws -> Pallet {
    guard let place = palletsByName[name] else { throw MetadataError.missing("pallet \(name)") }
    return pallets[place]
  }

  /// A pallet by the byte that stands for it.
  public func pallet(index: UInt8) -> Pallet? { palletsByIndex[index].map { pallets[$0] } }

  /// A storage entry by name.
  public func storage(_ pallet: String, _ item: String) throws -> StorageEntry {
    guard let entry = try self.pallet(pallet).storage.first(where: { $0.name == item }) else {
      throw MetadataError.missing("storage \(pallet).\(item)")
    }
    return entry
  }

  /// Whether the runtime has a storage entry.
  public func hasStorage(_ pallet: String, _ item: String) -> Bool {
    (try? storage(pallet, item)) != nil
  }

  /// A call by name: its variant says what arguments it has.
  public func call(_ pallet: String, _ function: String) throws -> TypeVariant {
    try variant(of: try self.pallet(pallet).calls, named: function, "call \(pallet).\(function)")
  }

  /// Whether the runtime has a call.
  public func hasCall(_ pallet: String, _ function: String) -> Bool {
    (try? call(pallet, function)) != nil
  }

  /// An event by name.
  public func event(_ pallet: String, _ name: String) throws -> TypeVariant {
    try variant(of: try self.pallet(pallet).events, named: name, "event \(pallet).\(name)")
  }

  /// An error by name.
  public func error(_ pallet: String, _ name: String) throws -> TypeVariant {
    try variant(of: try self.pallet(pallet).errors, named: name, "error \(pallet).\(name)")
  }

  /// An error by the bytes that stand for it; nil if the runtime has none such.
  public func error(pallet index: UInt8, error: UInt8) -> (pallet: Pallet, error: TypeVariant)? {
    guard let pallet = pallet(index: index), let type = pallet.errors,
      case .variant(let variants)? = try? types[type].shape,
      let found = variants.first(where: { $0.index == error })
    else { return nil }
    return (pallet, found)
  }

  private func variant(
    of type: TypeID?, named name: String, _ what: @autoclosure () -> String
  ) throws -> TypeVariant {
    guard let type, case .variant(let variants) = try types[type].shape,
      let found = variants.first(where: { $0.name == name })
    else { throw MetadataError.missing(what()) }
    return found
  }

  /// The value of a constant.
  public func constant(_ pallet: String, _ name: String) throws -> ScaleValue {
    guard let constant = try self.pallet(pallet).constants.first(where: { $0.name == name }) else {
      throw MetadataError.missing("constant \(pallet).\(name)")
    }
    return try ValueDecoder(types).decode(constant.value, as: constant.type)
  }

  /// A function that the node runs, by name. `state_call` calls it `API_method`.
  public func api(_ name: String, _ method: String) throws -> RuntimeMethod {
    guard
      let found = apis.first(where: { $0.name == name })?.methods.first(where: {
        $0.name == method
      })
    else { throw MetadataError.missing("runtime function \(name)_\(method)") }
    return found
  }
}
