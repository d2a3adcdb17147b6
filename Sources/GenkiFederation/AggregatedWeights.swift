import GenkiCore
import GenkiKernels

/// θ + λΔ, Δ being the inputs' changes combined by the plan; the same bits on every machine.
///
/// Only element-wise kernels with a fixed order run here, inputs in commit order; a LoRA input adds
/// exactly p·s·B·A. Memory is a few chunks a thread, whatever the number of models.
struct AggregatedWeights: WeightSource {
  let base: BaseModel
  let plan: AggregationPlan
  /// The inputs with a weight above zero, in commit order, with their coefficients.
  private let inputs: [(candidate: Candidate, input: AggregationPlan.Input)]
  let step: Float
  var files: [MappedFile] { base.files + inputs.flatMap(\.candidate.files) }

  init(base: BaseModel, candidates: [Candidate], plan: AggregationPlan, step: Double) {
    precondition(candidates.count == plan.inputs.count, "one plan entry for each candidate")
    self.base = base
    self.plan = plan
    self.step = Float(step)
    inputs = zip(candidates, plan.inputs).filter { $0.1.weight > 0 }.map { ($0.0, $0.1) }
  }

  func release(_ window: Chunk) {
    base.release(window)
    for entry in inputs { entry.candidate.release(window) }
  }

  func read(
    _ chunk: Chunk, scratch: ScratchBuffers, into out: UnsafeMutablePointer<Float>
  ) throws {
    if let alone = onlyModel { return try alone.read(chunk, into: out) }
    guard inputs.contains(where: { $0.candidate.changes(tensor: chunk.tensor) }) else {
      return try base.read(chunk, into: out)
    }
    let values = try base.floats(chunk, or: out)
    let change = scratch.floats(0, count: chunk.range.count)
    if let kept = plan.strategy.keptRows(of: inputs.count) {
      try readSorted(chunk, base: values, kept: kept, scratch: scratch, into: change)
    } else {
      try readMean(chunk, base: values, scratch: scratch, into: change)
    }
    genki_add_scaled(out, values, change, step, chunk.range.count)
  }

  /// What each candidate's change is multiplied by where the mean of all of them is taken; nil for a
  /// strategy that sorts, for a single model that is taken as it is, and where one weighs nothing.
  var meanCoefficients: [Float]? {
    guard onlyModel == nil, inputs.count == plan.inputs.count,
      plan.strategy.keptRows(of: inputs.count) == nil
    else { return nil }
    return inputs.map(\.input.coefficient)
  }

  /// A single full model at share, factor and step 1 is the result, without a rounding.
  private var onlyModel: MappedTensors? {
    guard inputs.count == 1, step == 1, inputs[0].input.coefficient == 1,
      case .full(let tensors) = inputs[0].candidate.content
    else { return nil }
    return tensors
  }

  private func readMean(
    _ chunk: Chunk, base values: UnsafePointer<Float>, scratch: ScratchBuffers,
    into sum: UnsafeMutablePointer<Float>
  ) throws {
    sum.update(repeating: 0, count: chunk.range.count)
    var group = ModelGroup(part: chunk, base: values, sum: sum, states: nil, scratch: scratch)
    for (index, entry) in inputs.enumerated() where entry.candidate.changes(tensor: chunk.tensor) {
      try group.add(entry.candidate, index: index, coefficient: entry.input.coefficient)
    }
    group.flush()
  }

  private func readSorted(
    _ chunk: Chunk, base values: UnsafePointer<Float>, kept: Range<Int>,
    scratch: ScratchBuffers, into result: UnsafeMutablePointer<Float>
  ) throws {
    let count = chunk.range.count
    let rows: [UnsafeMutablePointer<Float>?] = try inputs.enumerated().map { place, entry in
      let row = scratch.floats(2 + place, count: count)
      let change = scratch.floats(1, count: count)
      try entry.candidate.readChange(chunk, base: values, into: change)
      row.update(repeating: 0, count: count)
      genki_accumulate_scaled(row, change, Float(entry.input.normFactor), count)
      return row
    }
    rows.withUnsafeBufferPointer { rows in
      guard let start = rows.baseAddress else { return }
      genki_sort_coordinates(start, rows.count, count)
      genki_mean_of_rows(result, start, kept.lowerBound, kept.upperBound, count)
    }
  }
}
