import GenkiFormats

/// How a new base is stored. Stands in a round's rules and in the record of an aggregation, where its
/// absence means `base`, as rounds had it before there was a choice.
public enum DamaType: String, Sendable, CaseIterable {
  /// Every tensor in float32: nothing of a merge is rounded away.
  case float32
  /// Every tensor in the base's own type: half the bytes where that has 16 bits, and changes below half
  /// a step of the type are lost.
  case base

  /// The names that commands take.
  public static var names: [String] { allCases.map(\.rawValue) }

  /// The type of that name; an unknown name is refused, listing the known ones.
  public static func named(_ name: String) throws -> DamaType {
    guard let type = DamaType(rawValue: name) else {
      throw FederationError.outOfRange(
        name: "--dtype", value: name,
        allowed: names.joined(separator: " or "))
    }
    return type
  }

  /// How a tensor is stored.
  func storedType(of tensor: BaseTensor) -> TensorType { self == .float32 ? .F32 : tensor.type }
}

/// The types of a new base's tensors.
struct StoredTypes: Sendable {
  /// In the order of the base's tensors.
  let types: [TensorType]
  /// The types in which the guard measures them: those of the file, but in a round without the rule,
  /// whose guard measures before the rounding.
  let measured: [TensorType]
  /// What config.json says of them, float32 for types of several kinds, in which every value is read as
  /// it is; nil where it says what the base's says.
  let configurationType: TensorType?

  /// - Parameter type: nil for a round without a rule of it, whose configuration is the base's bytes.
  init(_ type: DamaType?, of base: BaseModel) {
    let types = base.tensors.map { (type ?? .base).storedType(of: $0) }
    let isUniform = types.allSatisfy { $0 == types.first }
    self.types = types
    measured = type == nil ? types.map { _ in .F32 } : types
    configurationType = type == nil ? nil : isUniform ? types.first : .F32
  }
}
