/// Which safetensors files are accepted beyond the format's own rules.
public struct SafetensorsLimits: Sendable, Equatable {
  /// The most bytes of JSON header.
  public var headerBytes: Int
  /// The most tensors in a file.
  public var tensors: Int
  /// The most dimensions of a tensor.
  public var rank: Int
  /// Whether a name may stand twice with the same content.
  public var allowsDuplicateNames: Bool

  /// What the reference library accepts, but for numbers of tensors and dimensions that only an
  /// attack on memory reaches.
  public static let reference = SafetensorsLimits(
    headerBytes: 100_000_000, tensors: 1 << 20, rank: 1 << 16, allowsDuplicateNames: true)

  /// What is accepted from people one does not know.
  public static let strict = SafetensorsLimits(
    headerBytes: 1 << 20, tensors: 10_000, rank: 8, allowsDuplicateNames: false)
}
