/// The element types of safetensors files.
public enum TensorType: String, Sendable, CaseIterable {
  case BOOL
  case F4
  case F6_E2M3
  case F6_E3M2
  case U8
  case I8
  case F8_E5M2
  case F8_E4M3
  case F8_E8M0
  case F8_E4M3FNUZ
  case F8_E5M2FNUZ
  case I16
  case U16
  case F16
  case BF16
  case I32
  case U32
  case F32
  case C64
  case F64
  case I64
  case U64

  /// The size of one element.
  public var bitCount: Int {
    switch self {
    case .F4: 4
    case .F6_E2M3, .F6_E3M2: 6
    case .BOOL, .U8, .I8, .F8_E5M2, .F8_E4M3, .F8_E8M0, .F8_E4M3FNUZ, .F8_E5M2FNUZ: 8
    case .I16, .U16, .F16, .BF16: 16
    case .I32, .U32, .F32: 32
    case .C64, .F64, .I64, .U64: 64
    }
  }

  /// Whether Genki reads weights of this type; F64 is rounded to float32.
  public var isReadableWeightType: Bool { isWeightType || self == .F64 }

  /// Whether Genki computes from and writes weights of this type.
  public var isWeightType: Bool { self == .F32 || self == .F16 || self == .BF16 }

  /// Files hold types of a higher rank first, so that data stays aligned.
  var fileRank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
