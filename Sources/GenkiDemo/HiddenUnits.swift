import GenkiCore

/// The order of an MLP's hidden units: any order computes the same function.
package enum HiddenUnits {
  /// A tensor with its MLP's hidden units in a seeded order; other tensors stay as they are.
  ///
  /// - Parameters:
  ///   - isTransposed: Matrices are stored as [in, out] (GPT-2), not as [out, in].
  package static func permuted(
    _ values: [Float], name: String, shape: [Int], isTransposed: Bool, seed: UInt64
  ) -> [Float] {
    guard
      let match = name.wholeMatch(
        of: #/(.*\.mlp\.)(c_fc|gate_proj|up_proj|c_proj|down_proj)\.(weight|bias)/#)
    else { return values }
    let widens = ["c_fc", "gate_proj", "up_proj"].contains(match.2)
    let isMatrix = match.3 == "weight"
    guard widens || isMatrix, shape.count == (isMatrix ? 2 : 1) else { return values }
    // Hidden units are the outputs of what widens and the inputs of what narrows.
    let unitsAreRows = isMatrix ? widens != isTransposed : true
    let rows = shape[0]
    let columns = isMatrix ? shape[1] : 1
    guard rows * columns == values.count else { return values }
    let order = DeterministicRandom.permutation(
      count: unitsAreRows ? rows : columns, seed: seed, domain: "genki-demo/units/\(match.1)")
    return (0..<rows).flatMap { row in
      (0..<columns).map { column in
        unitsAreRows
          ? values[order[row] * columns + column] : values[row * columns + order[column]]
      }
    }
  }
}
