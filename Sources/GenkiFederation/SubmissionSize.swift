import GenkiFormats

/// How many bytes a submission may need.
public enum SubmissionSize {
  /// What headers, shards' indexes and an adapter's configuration may take.
  private static let overhead = 16 << 20

  /// The bytes of the widest admissible file over a base: every tensor in the wider of its own type and
  /// float32, or an adapter of the largest rank on every matrix in float32.
  public static func maximum(base: BaseModel, rank: Int, methods: [String]) -> Int {
    let full = methods.contains("full") ? modelBytes(base) : 0
    let adapter =
      methods.contains("lora")
      ? base.tensors.lazy.filter(\.isMatrix).reduce(0.0) {
        $0 + 4 * Double(rank) * Double($1.shape.reduce(0, +))
      } : 0
    return Int(min(0x1p52, max(full, adapter))) + overhead
  }

  /// Everything in the base's files, each tensor at least in float32.
  private static func modelBytes(_ base: BaseModel) -> Double {
    base.weights.names.compactMap { base.weights.info($0) }.reduce(0.0) {
      $0 + Double($1.elementCount) * Double(max(32, $1.type.bitCount)) / 8
    }
  }
}
