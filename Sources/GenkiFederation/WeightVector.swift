/// The weights that a validator sets: scores scaled so that the largest is 65,535.
public enum WeightVector {
  /// The u16 weights of the scores, in their order; nil when no score is positive, because then no
  /// weights are set. Scores that are not finite or negative weigh nothing.
  public static func quantized(_ scores: [Double]) -> [UInt16]? {
    let clean = scores.map { $0.isFinite && $0 > 0 ? $0 : 0 }
    guard let largest = clean.max(), largest > 0 else { return nil }
    return clean.map { UInt16(min(65_535, ($0 / largest * 65_535).rounded())) }
  }
}
