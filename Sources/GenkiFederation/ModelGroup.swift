import GenkiKernels

/// Changes of one cached piece of a tensor, taken up in commit order.
///
/// Full models are gathered and pass over the piece together; an adapter's change is computed in
/// between, so that every element is summed in the order of the candidates.
struct ModelGroup {
  /// Models that pass over a piece together.
  private static let size = 12
  /// Buffers 0 and 1 belong to the caller, 2 to an adapter's change.
  private static let firstBuffer = 3

  let part: Chunk
  /// The base's elements.
  let base: UnsafePointer<Float>
  /// What coefficient · change is added to; nil where only squares are wanted.
  let sum: UnsafeMutablePointer<Float>?
  /// The state of each candidate's sum of squares; nil where only the sum is wanted.
  let states: UnsafeMutablePointer<Double>?
  let scratch: ScratchBuffers
  private var models: [UnsafePointer<Float>?] = []
  private var coefficients: [Float] = []
  private var firstIndex = 0

  init(
    part: Chunk, base: UnsafePointer<Float>, sum: UnsafeMutablePointer<Float>?,
    states: UnsafeMutablePointer<Double>?, scratch: ScratchBuffers
  ) {
    self.part = part
    self.base = base
    self.sum = sum
    self.states = states
    self.scratch = scratch
    models.reserveCapacity(Self.size)
    coefficients.reserveCapacity(Self.size)
  }

  /// Takes up the next candidate, whose state is number `index`.
  mutating func add(_ candidate: Candidate, index: Int, coefficient: Float) throws {
    let count = part.range.count
    switch candidate.content {
    case .full(let tensors):
      if models.count == Self.size || firstIndex + models.count != index { flush() }
      if models.isEmpty { firstIndex = index }
      models.append(
        try tensors.floats(
          part, or: scratch.floats(Self.firstBuffer + models.count, count: count)))
      coefficients.append(coefficient)
    case .adapter:
      flush()
      let change = scratch.floats(2, count: count)
      try candidate.readChange(part, base: base, into: change)
      if let sum { genki_accumulate_scaled(sum, change, coefficient, count) }
      if let states {
        let zeros = scratch.zeros(count: count)
        models.append(UnsafePointer(change))
        genki_change_squares(state(states, index), models, 1, zeros, count)
        models.removeAll(keepingCapacity: true)
      }
    }
  }

  /// Lets the gathered models pass; must be called at the end.
  mutating func flush() {
    let count = part.range.count
    switch (sum, states) {
    case (let sum?, let states?):
      genki_accumulate_changes_and_squares(
        sum, state(states, firstIndex), models, coefficients, models.count, base, count)
    case (let sum?, nil):
      genki_accumulate_changes(sum, models, coefficients, models.count, base, count)
    case (nil, let states?):
      genki_change_squares(state(states, firstIndex), models, models.count, base, count)
    case (nil, nil): break
    }
    models.removeAll(keepingCapacity: true)
    coefficients.removeAll(keepingCapacity: true)
  }

  private func state(
    _ states: UnsafeMutablePointer<Double>, _ index: Int
  ) -> UnsafeMutablePointer<Double> { states + Int(GENKI_SQUARES_STATE) * index }
}
