import GenkiFormats

/// The bytes of a new base's weights, by the way it is stored.
public struct DamaSizes: Sendable, Equatable {
  /// Every tensor in float32.
  public let float32: Int
  /// Every tensor in the base's type.
  public let base: Int
  /// Every tensor in bfloat16, as `round.publish_bf16` publishes it.
  public let bfloat16: Int

  /// The sizes for a base, without the files' headers.
  public init(_ base: BaseModel) {
    func bytes(_ bits: (BaseTensor) -> Int) -> Int {
      base.tensors.reduce(0) { $0 + $1.elementCount * bits($1) / 8 }
    }
    float32 = bytes { DamaType.float32.storedType(of: $0).bitCount }
    self.base = bytes { DamaType.base.storedType(of: $0).bitCount }
    bfloat16 = bytes { _ in TensorType.BF16.bitCount }
  }

  /// The size of a new base stored in this way.
  public func bytes(_ type: DamaType) -> Int { type == .float32 ? float32 : base }
}
