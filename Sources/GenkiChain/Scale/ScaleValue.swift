/// A value of any type that metadata can describe.
///
/// A structure with one unnamed field is decoded as what is in the field: an account is `bytes`, a
/// bounded vector is the vector. So is a compact number: it is the number.
public indirect enum ScaleValue: Sendable, Hashable {
  /// A truth value.
  case bool(Bool)
  /// A number without sign of up to 64 bits, compact or not.
  case unsigned(UInt64)
  /// A number without sign that needs, or has a type of, 128 bits.
  case unsigned128(UInt128)
  /// A number with sign of up to 64 bits.
  case signed(Int64)
  /// A number with sign of 128 bits.
  case signed128(Int128)
  /// A number of 256 bits, as 32 bytes, little-endian.
  case wide([UInt8])
  /// Text, or one character.
  case text(String)
  /// Bytes, of a fixed number or counted.
  case bytes([UInt8])
  /// Bits, packed in whole words of the type's store.
  case bits(count: Int, packed: [UInt8])
  /// A list, set, map or array of anything but bytes.
  case sequence([ScaleValue])
  /// A structure or a tuple; without fields it is the unit.
  case record([ScaleField])
  /// One of the forms of an enumeration, `Option` and `Result` among them.
  case variant(ScaleVariant)

  /// The value without content.
  public static let unit = ScaleValue.record([])
  /// The absent value of an `Option`.
  public static let none = ScaleValue.named("None")

  /// The present value of an `Option`.
  public static func some(_ value: ScaleValue) -> ScaleValue { .named("Some", [value]) }

  /// A form of an enumeration with unnamed fields.
  public static func named(_ name: String, _ fields: [ScaleValue] = []) -> ScaleValue {
    .variant(ScaleVariant(name: name, fields: fields.map { ScaleField(nil, $0) }))
  }

  /// A structure with named fields, in any order.
  public static func structure(_ fields: KeyValuePairs<String, ScaleValue>) -> ScaleValue {
    .record(fields.map { ScaleField($0.key, $0.value) })
  }

  /// A tuple.
  public static func tuple(_ values: [ScaleValue]) -> ScaleValue {
    .record(values.map { ScaleField(nil, $0) })
  }

  /// A list of numbers.
  public static func numbers(_ values: some Sequence<some UnsignedInteger>) -> ScaleValue {
    .sequence(values.map { .unsigned(UInt64($0)) })
  }

  /// An account.
  public static func account(_ address: SS58Address) -> ScaleValue { .bytes(address.publicKey) }
}

/// A field of a structure, a tuple or a variant.
public struct ScaleField: Sendable, Hashable {
  /// Its name, if the type gives it one.
  public var name: String?
  /// What is in it.
  public var value: ScaleValue

  /// A field.
  public init(_ name: String?, _ value: ScaleValue) {
    self.name = name
    self.value = value
  }
}

/// One of the forms of an enumeration.
public struct ScaleVariant: Sendable, Hashable {
  /// The form's name; the encoder goes by it alone.
  public var name: String
  /// The form's number in the metadata that it was decoded with; 0 in a value that was built.
  public var index: UInt8
  /// What is in it.
  public var fields: [ScaleField]

  /// A form.
  public init(name: String, index: UInt8 = 0, fields: [ScaleField] = []) {
    self.name = name
    self.index = index
    self.fields = fields
  }
}
