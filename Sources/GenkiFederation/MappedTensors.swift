import GenkiFormats

/// The weight files of a model folder, read by the base's tensor index.
struct MappedTensors: Sendable {
  let weights: WeightSet
  /// The name in the files of each tensor of the base.
  let names: [String]

  /// Reads elements as float32.
  func read(_ chunk: Chunk, into out: UnsafeMutablePointer<Float>) throws {
    try weights.readFloats(names[chunk.tensor], range: chunk.range, into: out)
  }

  /// Finds the tensors called `expected` in the files; GPT-2's published files leave out the
  /// prefix `transformer.`. Also returns the names in the files that nobody expects.
  static func fileNames(
    of expected: [String], in weights: WeightSet
  ) -> (found: [String: String], others: [String]) {
    let wanted = Set(expected)
    var found: [String: String] = [:]
    var others: [String] = []
    for name in weights.names {
      if wanted.contains(name) {
        found[name] = name
      } else if wanted.contains("transformer." + name), found["transformer." + name] == nil {
        found["transformer." + name] = name
      } else {
        others.append(name)
      }
    }
    return (found, others)
  }
}
