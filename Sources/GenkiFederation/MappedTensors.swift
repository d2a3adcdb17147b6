import GenkiFormats
import GenkiModel

/// The weight files of a model folder, read by the base's tensor index.
struct MappedTensors: Sendable {
  let weights: WeightSet
  /// Each tensor of the base in the files.
  let tensors: [StoredTensor]

  /// Reads elements as float32.
  func read(_ chunk: Chunk, into out: UnsafeMutablePointer<Float>) throws {
    try tensors[chunk.tensor].readFloats(range: chunk.range, into: out)
  }

  /// The elements as float32: where they lie in the file, or converted into `buffer`.
  func floats(
    _ chunk: Chunk, or buffer: @autoclosure () -> UnsafeMutablePointer<Float>
  ) throws -> UnsafePointer<Float> {
    if let address = tensors[chunk.tensor].address(of: chunk.range.lowerBound) { return address }
    let buffer = buffer()
    try read(chunk, into: buffer)
    return UnsafePointer(buffer)
  }

  /// Gives back the memory of some elements that will not be read again soon.
  func release(_ chunk: Chunk) {
    tensors[chunk.tensor].release(chunk.range)
  }

  /// Refuses a head in the files that is not the embedding, for a model whose head that is.
  func check(_ head: TiedHead, embeddingAt index: Int) throws {
    try head.check(
      weights.tensor(head.name), embedding: tensors[index], folder: weights.folder)
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
