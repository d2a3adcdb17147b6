import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTensor

/// Opening candidates: the first difference from the base is the reason of refusal (gate 6).
extension Candidate {
  /// Opens a model folder or an adapter folder, checking names, shapes and types against the base.
  ///
  /// Reads the files once for their digest, but no value: see `CandidateGates` for the others.
  public static func open(
    folder: String, name: String? = nil, base: BaseModel, limits: CandidateLimits = .init()
  ) -> Result<Candidate, Rejection> {
    do throws(Rejection) {
      let checked = try check(folder: folder, name: name, base: base, limits: limits).get()
      return .success(checked.candidate(try readable { try checked.weights.contentDigest() }))
    } catch {
      return .failure(error)
    }
  }

  /// Opens several folders and hashes their files and the base's with all threads; `keepsPages` where
  /// they are read again right after.
  static func open(
    _ models: [(name: String, folder: String)], base: BaseModel, limits: CandidateLimits,
    keepsPages: Bool = false, pool: WorkerPool
  ) throws -> (candidates: [Result<Candidate, Rejection>], baseDigest: ContentDigest) {
    let work = MappedFiles.work
    let checked = try ChunkedWork(pool: pool).map(count: models.count) { index, _ in
      MappedFiles.taking(work) {
        check(folder: models[index].folder, name: models[index].name, base: base, limits: limits)
      }
    }
    let sets = checked.compactMap { try? $0.get().weights }
    var digests = WeightSet.contentDigests(
      [base.weights] + sets, keepsPages: keepsPages, pool: pool)[...]
    let baseDigest = digests.removeFirst()
    return (checked.map { $0.map { $0.candidate(digests.removeFirst()) } }, baseDigest)
  }

  /// A folder that passed the checks; what lacks is the digest, since files are hashed together.
  private struct Checked {
    var name: String?
    var folder: String
    var configurationDigest: ContentDigest?
    var content: Content
    var weights: WeightSet

    func candidate(_ contentDigest: ContentDigest) -> Candidate {
      Candidate(
        name: name ?? folder, folder: folder, contentDigest: contentDigest,
        configurationDigest: configurationDigest, content: content)
    }
  }

  private static func check(
    folder: String, name: String?, base: BaseModel, limits: CandidateLimits
  ) -> Result<Checked, Rejection> {
    do throws(Rejection) {
      return .success(
        ModelFolder.isAdapter(folder)
          ? try openAdapter(folder: folder, name: name, base: base, limits: limits)
          : try openFull(folder: folder, name: name, base: base, limits: limits))
    } catch {
      return .failure(error)
    }
  }

  private static func readable<Value>(_ body: () throws -> Value) throws(Rejection) -> Value {
    do {
      return try body()
    } catch let error as AdapterError {
      throw .unsuitableAdapter(reason: error.why)
    } catch let error as any ReportableError {
      throw .unreadable(reason: error.description)
    } catch {
      throw .unreadable(reason: "\(error)")
    }
  }

  private static func openFull(
    folder: String, name: String?, base: BaseModel, limits: CandidateLimits
  ) throws(Rejection) -> Checked {
    let weights = try readable { try WeightSet.open(folder: folder, limits: limits.files) }
    let (found, others) = weights.fileNames(of: base.tensors.map(\.name))
    var tensors: [StoredTensor] = []
    for tensor in base.tensors {
      guard let stored = found[tensor.name].flatMap({ weights.tensor($0) }) else {
        throw .missingTensor(name: tensor.name)
      }
      tensors.append(stored)
      let info = stored.info
      guard info.shape == tensor.shape else {
        throw .wrongShape(tensor: tensor.name, expected: tensor.shape, found: info.shape)
      }
      guard limits.types.admits(info.type, over: tensor.type) else {
        throw .wrongType(
          tensor: tensor.name, expected: limits.types.names(over: tensor.type),
          found: info.type.rawValue)
      }
    }
    if let other = others.first(where: { !base.ignoredNames.contains($0) }) {
      throw .unexpectedTensor(name: other)
    }
    let mapped = MappedTensors(weights: weights, tensors: tensors)
    // Rounds under the rules of before ignore such a tensor.
    if limits.types != .ofBase { try checkHead(of: mapped, base: base) }
    return Checked(
      name: name, folder: folder, configurationDigest: nil, content: .full(mapped),
      weights: weights)
  }

  /// A head that the base's configuration denies would be another model than the one that is judged.
  private static func checkHead(of mapped: MappedTensors, base: BaseModel) throws(Rejection) {
    guard let head = base.tiedHead, let index = base.index(of: head.embedding) else { return }
    do {
      try mapped.check(head, embeddingAt: index)
    } catch let error as ModelError {
      throw .unreadable(reason: "tensor \(head.name) \(error.why)")
    } catch {
      throw .unreadable(reason: "\(error)")
    }
  }

  private static func openAdapter(
    folder: String, name: String?, base: BaseModel, limits: CandidateLimits
  ) throws(Rejection) -> Checked {
    let adapter = try readable { try AdapterWeights.open(folder: folder, limits: limits.files) }
    if limits.types == .ofBaseOrWider,
      let wide = adapter.weights.names.first(where: {
        adapter.weights.info($0)?.type.isWeightType == false
      }), let type = adapter.weights.info(wide)?.type
    {
      throw .unsuitableAdapter(
        reason: "\(wide) is stored as \(type.rawValue), admissible are F32, F16 and BF16")
    }
    var factors: [Int: LowRankFactors] = [:]
    for module in adapter.modules {
      guard let index = base.index(of: module.path + ".weight"), base.tensors[index].isMatrix
      else {
        throw .unsuitableAdapter(reason: "the base has no matrix for module \(module.path)")
      }
      factors[index] = try lowRankFactors(
        module, of: adapter, target: base.tensors[index], limits: limits)
    }
    return Checked(
      name: name, folder: folder,
      configurationDigest: try readable {
        try SHA256Hasher.digest(ofFile: folder + "/" + ModelFiles.adapterConfiguration)
      },
      content: .adapter(factors), weights: adapter.weights)
  }

  /// One module's factors; shapes are compared with the base's matrix before anything is read.
  private static func lowRankFactors(
    _ module: AdapterWeights.Module, of adapter: AdapterWeights, target: BaseTensor,
    limits: CandidateLimits
  ) throws(Rejection) -> LowRankFactors {
    guard (1...limits.rank).contains(module.rank) else {
      throw .unsuitableAdapter(
        reason: "rank \(module.rank) of \(module.path) is outside 1…\(limits.rank)")
    }
    let inputs = target.shape[target.isTransposed ? 0 : 1]
    let outputs = target.shape[target.isTransposed ? 1 : 0]
    guard module.inFeatures == inputs else {
      throw .wrongShape(
        tensor: module.aName, expected: [module.rank, inputs],
        found: [module.rank, module.inFeatures])
    }
    guard module.outFeatures == outputs else {
      throw .wrongShape(
        tensor: module.bName, expected: [outputs, module.rank],
        found: [module.outFeatures, module.rank])
    }
    guard module.scale.isFinite else {
      throw .unsuitableAdapter(reason: "the scale of \(module.path) is not finite")
    }
    return LowRankFactors(
      a: try floats(module.aName, count: module.rank * inputs, of: adapter.weights),
      b: try floats(module.bName, count: outputs * module.rank, of: adapter.weights),
      rank: module.rank, inputs: inputs, outputs: outputs, scale: module.scale,
      isTransposed: target.isTransposed)
  }

  private static func floats(
    _ name: String, count: Int, of weights: WeightSet
  ) throws(Rejection) -> [Float] {
    try readable {
      try [Float](unsafeUninitializedCapacity: count) { buffer, filled in
        if let start = buffer.baseAddress { try weights.readFloats(name, into: start) }
        filled = count
      }
    }
  }
}
