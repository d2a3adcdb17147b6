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
}
