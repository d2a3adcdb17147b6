/// How a round's models may be stored beside their base, and what rounding does to large weights.
extension TensorType {
  /// Whether a round takes a tensor of this type over a base's tensor of another: the base's own type,
  /// and F32 over 16 bits because it holds their values and loses none of the change.
  public func isAdmissible(over base: TensorType) -> Bool {
    base.isWeightType && (self == base || self == .F32)
  }

  /// From where on a float32 is infinite in this type; nil where none is.
  public var roundedToInfinity: Float? {
    switch self {
    case .F16: 65_520
    case .BF16: 0x1.FFp127
    default: nil
    }
  }
}
