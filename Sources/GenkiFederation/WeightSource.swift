import GenkiKernels
import GenkiModel
import GenkiTensor

/// Where the weights of a model come from, chunk by chunk, in float32.
protocol WeightSource: Sendable {
  /// The base whose tensors the chunks name.
  var base: BaseModel { get }

  /// Whether a tensor may differ from the base's.
  func changes(tensor: Int) -> Bool

  /// Writes the chunk's elements; must not depend on any other chunk.
  func read(
    _ chunk: Chunk, scratch: ScratchBuffers, into out: UnsafeMutablePointer<Float>) throws
}

extension WeightSource {
  func changes(tensor: Int) -> Bool { true }
}

/// The base's own weights.
struct BaseWeights: WeightSource {
  let base: BaseModel

  func changes(tensor: Int) -> Bool { false }

  func read(
    _ chunk: Chunk, scratch: ScratchBuffers, into out: UnsafeMutablePointer<Float>
  ) throws {
    try base.read(chunk, into: out)
  }
}

/// θ + λδ: the base moved towards a candidate by a step; at 1 a full model is read as it is.
struct SteppedCandidate: WeightSource {
  let base: BaseModel
  let candidate: Candidate
  let step: Float

  func changes(tensor: Int) -> Bool { candidate.changes(tensor: tensor) }

  func read(
    _ chunk: Chunk, scratch: ScratchBuffers, into out: UnsafeMutablePointer<Float>
  ) throws {
    if step == 1, case .full(let tensors) = candidate.content {
      return try tensors.read(chunk, into: out)
    }
    try base.read(chunk, into: out)
    guard candidate.changes(tensor: chunk.tensor) else { return }
    let change = scratch.floats(0, count: chunk.range.count)
    try candidate.readChange(chunk, base: out, into: change)
    genki_add_scaled(out, out, change, step, chunk.range.count)
  }
}

extension WeightSource {
  /// Elements of a chunk that stays in a core's cache while several models pass over it.
  static var cachedElements: Int { 16_384 }

  /// Fills those of the model's weights that `isNeeded` names; the model must have the base's
  /// configuration.
  func fill(
    _ model: LanguageModel, pool: WorkerPool, isNeeded: (_ tensor: Int) -> Bool = { _ in true }
  ) throws {
    precondition(
      model.parameters.map(\.name) == base.tensors.map(\.name),
      "the model and the base must have the same configuration")
    guard let weights = model.weights.baseAddress else { return }
    let start = SendableAddress(weights)
    let offsets = model.parameters.map(\.offset)
    let chunks = ChunkedWork.chunks(
      counts: base.tensors.indices.map { isNeeded($0) ? base.tensors[$0].elementCount : 0 },
      elements: Self.cachedElements)
    try ChunkedWork(pool: pool).run(count: chunks.count) { index, scratch in
      let chunk = chunks[index]
      let target = start.address + offsets[chunk.tensor] + chunk.range.lowerBound
      try read(chunk, scratch: scratch, into: target)
    }
  }

  /// Writes a stretch of one tensor with all threads.
  func read(
    tensor: Int, range: Range<Int>, into out: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) throws {
    let start = SendableAddress(out)
    let parts = ChunkedWork.chunks(counts: [range.count], elements: Self.cachedElements)
    try ChunkedWork(pool: pool).run(count: parts.count) { index, scratch in
      let part = parts[index].range
      let chunk = Chunk(
        tensor: tensor,
        range: (range.lowerBound + part.lowerBound)..<(range.lowerBound + part.upperBound))
      try read(chunk, scratch: scratch, into: start.address + part.lowerBound)
    }
  }
}

/// A buffer's address that threads may share because each writes its own stretch.
struct SendableAddress: @unchecked Sendable {
  let address: UnsafeMutablePointer<Float>

  init(_ address: UnsafeMutablePointer<Float>) { self.address = address }
}
