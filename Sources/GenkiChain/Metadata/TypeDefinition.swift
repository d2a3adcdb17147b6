/// The number of a type in the metadata that defines it.
public typealias TypeID = Int

/// A type of the runtime.
public struct TypeDefinition: Sendable, Hashable {
  /// Where the runtime's source declares it, as `sp_core`, `crypto`, `AccountId32`; may be empty.
  public let path: [String]
  /// Its type parameters; nil for one that no value has.
  public let parameters: [TypeParameter]
  /// How its values are built.
  public let shape: TypeShape

  package init(path: [String] = [], parameters: [TypeParameter] = [], shape: TypeShape) {
    self.path = path
    self.parameters = parameters
    self.shape = shape
  }
}

/// A parameter of a generic type.
public struct TypeParameter: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// The type that stands for it.
  public let type: TypeID?
}

/// How the values of a type are built.
public enum TypeShape: Sendable, Hashable {
  /// A structure.
  case composite([TypeField])
  /// An enumeration.
  case variant([TypeVariant])
  /// A counted list.
  case sequence(TypeID)
  /// A list of fixed length.
  case array(count: Int, of: TypeID)
  /// Values beside each other.
  case tuple([TypeID])
  /// A number, a truth value, a character or text.
  case primitive(PrimitiveType)
  /// A number in compact form.
  case compact(TypeID)
  /// Packed bits.
  case bitSequence(store: TypeID, order: TypeID)
}

/// A field of a structure or of a variant.
public struct TypeField: Sendable, Hashable {
  /// Its name.
  public let name: String?
  /// Its type.
  public let type: TypeID
  /// The type as the runtime's source writes it.
  public let typeName: String?

  package init(_ name: String?, _ type: TypeID, typeName: String? = nil) {
    self.name = name
    self.type = type
    self.typeName = typeName
  }
}

/// One of the forms of an enumeration.
public struct TypeVariant: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// The byte that stands for it.
  public let index: UInt8
  /// Its fields.
  public let fields: [TypeField]
  /// What the runtime's source says about it.
  public let docs: String

  package init(_ name: String, index: UInt8, fields: [TypeField] = [], docs: String = "") {
    self.name = name
    self.index = index
    self.fields = fields
    self.docs = docs
  }
}

/// The types that are not made of others; the raw value is their number in metadata.
public enum PrimitiveType: UInt8, Sendable, Hashable {
  case bool, char, str, u8, u16, u32, u64, u128, u256, i8, i16, i32, i64, i128, i256

  /// Bytes of a value; text has at least one.
  var minimumBytes: Int {
    switch self {
    case .bool, .str, .u8, .i8: 1
    case .u16, .i16: 2
    case .char, .u32, .i32: 4
    case .u64, .i64: 8
    case .u128, .i128: 16
    case .u256, .i256: 32
    }
  }
}
