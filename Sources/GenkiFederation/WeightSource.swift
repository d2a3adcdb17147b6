import GenkiCore
import GenkiKernels
import GenkiModel
import GenkiTensor

/// Where the weights of a model come from, chunk by chunk, in float32.
protocol WeightSource: Sendable {
  /// The base whose tensors the chunks name.
  var base: BaseModel { get }

  /// The mapped files that are read.
  var files: [MappedFile] { get }

  /// Whether a tensor may differ from the base's.
  func changes(tensor: Int) -> Bool

  /// Writes the chunk's elements; must not depend on any other chunk.
  func read(
    _ chunk: Chunk, scratch: ScratchBuffers, into out: UnsafeMutablePointer<Float>) throws

  /// Gives back the memory of the files behind a stretch of a tensor.
  func release(_ window: Chunk)
}

extension WeightSource {
  func changes(tensor: Int) -> Bool { true }
}

/// The base's own weights.
struct BaseWeights: WeightSource {
  let base: BaseModel
  var files: [MappedFile] { base.files }

  func changes(tensor: Int) -> Bool { false }

  func read(
    _ chunk: Chunk, scratch: ScratchBuffers, into out: UnsafeMutablePointer<Float>
  ) throws {
    try base.read(chunk, into: out)
  }

  func release(_ window: Chunk) { base.release(window) }
}

/// θ + λδ: the base moved towards a candidate by a step; at 1 a full model is read as it is.
struct SteppedCandidate: WeightSource {
  let base: BaseModel
  let candidate: Candidate
  let step: Float
  var files: [MappedFile] { base.files + candidate.files }

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

  func release(_ window: Chunk) {
    base.release(window)
    candidate.release(window)
  }
}

extension WeightSource {
  /// Fills those of the model's weights that `isNeeded` names; the model must have the base's
  /// configuration.
  func fill(
    _ model: LanguageModel, pool: WorkerPool, isNeeded: (_ tensor: Int) -> Bool = { _ in true }
  ) throws {
    precondition(
      model.parameters.map(\.name) == base.tensors.map(\.name),
      "the model and the base must have the same configuration")
    guard let weights = model.weights.baseAddress else { return }
    try fill(
      SendableAddress(weights), offsets: model.parameters.map(\.offset), pool: pool,
      isNeeded: isNeeded)
  }

  /// Writes the tensors that `isNeeded` names, each from its offset on, with all threads.
  func fill(
    _ out: SendableAddress, offsets: [Int], keepsPages: Bool = false, pool: WorkerPool,
    isNeeded: (_ tensor: Int) -> Bool = { _ in true }
  ) throws {
    let windows = ChunkedWork.chunks(
      counts: base.tensors.indices.map { isNeeded($0) ? base.tensors[$0].elementCount : 0 },
      elements: ChunkedWork.windowElements)
    try ChunkedWork(pool: pool).run(count: windows.count) { index, scratch in
      let window = windows[index]
      let target = out.address + offsets[window.tensor] + window.range.lowerBound
      try read(window: window, keepsPages: keepsPages, scratch: scratch, into: target)
    }
  }

  /// Writes a window's elements; unless `keepsPages`, gives back the memory of the files behind it.
  func read(
    window: Chunk, keepsPages: Bool = false, scratch: ScratchBuffers,
    into out: UnsafeMutablePointer<Float>
  ) throws {
    defer { if !keepsPages { release(window) } }
    for part in ChunkedWork.parts(of: window, elements: ChunkedWork.cachedElements) {
      try read(
        part, scratch: scratch, into: out + (part.range.lowerBound - window.range.lowerBound))
    }
  }
}

/// A buffer's address that threads may share because each writes its own stretch.
struct SendableAddress: @unchecked Sendable {
  let address: UnsafeMutablePointer<Float>

  init(_ address: UnsafeMutablePointer<Float>) { self.address = address }
}
