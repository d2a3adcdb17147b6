import GenkiCore

/// The order of an MLP's hidden units: any order computes the same function.
package enum HiddenUnits {
  /// Linear maps of MLPs whose outputs are hidden units, and those whose inputs are.
  private static let widening: Set = [
    "c_fc", "gate_proj", "up_proj", "gate_up_proj", "dense_h_to_4h",
  ]
  private static let names = widening.union(["c_proj", "down_proj", "dense_4h_to_h"])

  /// A tensor with its MLP's hidden units in a seeded order; other tensors stay as they are.
  ///
  /// - Parameters:
  ///   - isTransposed: Matrices are stored as [in, out] (GPT-2), not as [out, in].
  package static func permuted(
    _ values: [Float], name: String, shape: [Int], isTransposed: Bool, seed: UInt64
  ) -> [Float] {
    guard
      let match = name.wholeMatch(
        of: #/(.*\.mlp\.)(\w+)\.(weight|bias)/#), names.contains(String(match.2))
    else { return values }
    let widens = widening.contains(String(match.2))
    // A fused matrix has all of gate, then all of up.
    let parts = match.2 == "gate_up_proj" ? 2 : 1
    let isMatrix = match.3 == "weight"
    guard widens || isMatrix, shape.count == (isMatrix ? 2 : 1) else { return values }
    // Hidden units are the outputs of what widens and the inputs of what narrows.
    let unitsAreRows = isMatrix ? widens != isTransposed : true
    let rows = shape[0]
    let columns = isMatrix ? shape[1] : 1
    guard rows * columns == values.count else { return values }
    let units = (unitsAreRows ? rows : columns) / parts
    let once = DeterministicRandom.permutation(
      count: units, seed: seed, domain: "genki-demo/units/\(match.1)")
    let order = (0..<parts).flatMap { part in once.map { part * units + $0 } }
    return (0..<rows).flatMap { row in
      (0..<columns).map { column in
        unitsAreRows
          ? values[order[row] * columns + column] : values[row * columns + order[column]]
      }
    }
  }
}
