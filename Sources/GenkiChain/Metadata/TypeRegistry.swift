/// All types of a runtime.
///
/// Types may contain themselves, by way of a list, an enumeration or a box that leaves no trace in the
/// metadata. Nothing here walks into types without a limit.
public struct TypeRegistry: Sendable {
  /// The definitions; a type's number is its place.
  public let definitions: [TypeDefinition]
  /// A lower bound of the bytes of a value of each type.
  private let minimumSizes: [Int]
  /// Whether a value of a type is no bytes at all, for certain.
  private let zeroSizes: [Bool]
  /// Newtypes inside of each other that are followed; the real ones have 3.
  static let newtypesMaximum = 16
  private static let passesMaximum = 16
  private static let minimumSizeCap = 1 << 16

  /// Checks that every type that is used is defined, then measures the types.
  ///
  /// - Throws: `ScaleError.unknownType`.
  public init(_ definitions: [TypeDefinition]) throws(ScaleError) {
    self.definitions = definitions
    for definition in definitions {
      for id in definition.references where !definitions.indices.contains(id) {
        throw .unknownType(id: id)
      }
    }
    zeroSizes = Self.measureZeroSizes(definitions)
    minimumSizes = Self.measureMinimumSizes(definitions, zeroSizes)
  }

  /// The definition of a type.
  public subscript(id: TypeID) -> TypeDefinition {
    get throws(ScaleError) {
      guard definitions.indices.contains(id) else { throw .unknownType(id: id) }
      return definitions[id]
    }
  }

  /// A lower bound of the bytes that a value of the type has.
  public func minimumBytes(of id: TypeID) -> Int {
    minimumSizes.indices.contains(id) ? minimumSizes[id] : 0
  }

  /// Whether every value of the type is no bytes at all: the empty tuple, a structure without fields
  /// and what is made of those.
  public func isZeroSized(_ id: TypeID) -> Bool {
    zeroSizes.indices.contains(id) && zeroSizes[id]
  }

  /// The type inside of structures with one unnamed field.
  public func unwrapped(_ id: TypeID) throws(ScaleError) -> TypeID {
    var id = id
    for _ in 0..<Self.newtypesMaximum {
      guard case .composite(let fields) = try self[id].shape, fields.count == 1,
        fields[0].name == nil
      else { return id }
      id = fields[0].type
    }
    return id
  }

  /// The primitive type that a type is, by way of newtypes; nil if it is something else.
  public func primitive(_ id: TypeID) throws(ScaleError) -> PrimitiveType? {
    guard case .primitive(let primitive) = try self[try unwrapped(id)].shape else { return nil }
    return primitive
  }

  /// The number inside of a compact type; nil for the compact unit.
  func compactTarget(_ id: TypeID) throws(ScaleError) -> PrimitiveType? {
    var inner = id
    for _ in 0..<Self.newtypesMaximum {
      if isZeroSized(inner) { return nil }
      switch try self[inner].shape {
      case .primitive(let primitive): return primitive
      case .composite(let fields) where fields.count == 1: inner = fields[0].type
      case .tuple(let types) where types.count == 1: inner = types[0]
      default:
        throw .unexpected(offset: 0, expected: "a compact number", found: describe(inner))
      }
    }
    throw .unexpected(offset: 0, expected: "a compact number", found: "nested types")
  }

  /// The type in words, for messages.
  public func describe(_ id: TypeID) -> String {
    guard definitions.indices.contains(id) else { return "type \(id)" }
    let definition = definitions[id]
    if !definition.path.isEmpty {
      return definition.path.joined(separator: "::").quotedIfUnsafe
    }
    switch definition.shape {
    case .composite: return "a structure (type \(id))"
    case .variant: return "an enumeration (type \(id))"
    case .sequence(let inner): return "a list of type \(inner)"
    case .array(let count, let inner): return "\(count) of type \(inner)"
    case .tuple(let types): return types.isEmpty ? "()" : "a tuple of \(types.count)"
    case .primitive(let primitive): return "\(primitive)"
    case .compact(let inner): return "compact type \(inner)"
    case .bitSequence: return "bits"
    }
  }
}

extension TypeRegistry {
  private static func measureZeroSizes(_ definitions: [TypeDefinition]) -> [Bool] {
    var sizes = [Bool](repeating: false, count: definitions.count)
    for _ in 0..<passesMaximum {
      var changed = false
      for (id, definition) in definitions.enumerated() where !sizes[id] {
        let isZero =
          switch definition.shape {
          case .composite(let fields): fields.allSatisfy { sizes[$0.type] }
          case .tuple(let types): types.allSatisfy { sizes[$0] }
          case .array(let count, let inner): count == 0 || sizes[inner]
          case .compact(let inner): sizes[inner]
          default: false
          }
        if isZero {
          sizes[id] = true
          changed = true
        }
      }
      if !changed { break }
    }
    return sizes
  }

  /// Every pass gives a lower bound, so that it does not matter when types that contain themselves
  /// make the passes end early.
  private static func measureMinimumSizes(
    _ definitions: [TypeDefinition], _ zeroSizes: [Bool]
  ) -> [Int] {
    var sizes = [Int](repeating: 0, count: definitions.count)
    func sum(_ types: some Sequence<TypeID>) -> Int {
      types.reduce(0) { min($0 + sizes[$1], minimumSizeCap) }
    }
    for _ in 0..<passesMaximum {
      var changed = false
      for (id, definition) in definitions.enumerated() {
        let size: Int
        switch definition.shape {
        case .composite(let fields): size = sum(fields.lazy.map(\.type))
        case .tuple(let types): size = sum(types)
        case .variant(let variants):
          size = 1 + (variants.map { sum($0.fields.lazy.map(\.type)) }.min() ?? 0)
        case .sequence, .bitSequence: size = 1
        case .array(let count, let inner):
          size = min(min(count, minimumSizeCap) * sizes[inner], minimumSizeCap)
        case .primitive(let primitive): size = primitive.minimumBytes
        case .compact(let inner): size = zeroSizes[inner] ? 0 : 1
        }
        if size > sizes[id] {
          sizes[id] = size
          changed = true
        }
      }
      if !changed { break }
    }
    return sizes
  }
}

extension TypeDefinition {
  /// The numbers of all types that it uses.
  var references: [TypeID] {
    let own: [TypeID] =
      switch shape {
      case .composite(let fields): fields.map(\.type)
      case .variant(let variants): variants.flatMap { $0.fields.map(\.type) }
      case .sequence(let id), .array(_, let id), .compact(let id): [id]
      case .tuple(let ids): ids
      case .primitive: []
      case .bitSequence(let store, let order): [store, order]
      }
    return own + parameters.compactMap(\.type)
  }
}
