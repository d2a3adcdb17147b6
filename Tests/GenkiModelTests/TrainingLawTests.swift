import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTensor
import TestSupport
import Testing

/// What must hold for any model: splits, orders and repetitions do not change results.
@Suite struct TrainingLawTests {
  private func batch(_ vector: VectorCase, _ step: Int = 0) throws -> TokenBatch {
    try vector.batch(try vector.file(), step)
  }

  private func gradients(
    _ vector: VectorCase, _ batches: [TokenBatch], micro: Int? = nil, threads: Int = 2,
    kernel: ProductKernel = .float32
  ) throws -> [Float] {
    let model = try LanguageModel.load(folder: vector.folder)
    let trainer = try Trainer(
      model: model, blockSize: batches[0].blockSize, rowsMaximum: 8, microBatchRows: micro,
      optimizer: OptimizerSettings(), threads: threads, kernel: kernel)
    _ = try trainer.accumulateGradients(batches)
    return Array(trainer.gradientValues)
  }

  private func rows(_ batch: TokenBatch, _ range: Range<Int>) -> TokenBatch {
    let span = range.lowerBound * batch.blockSize..<range.upperBound * batch.blockSize
    return TokenBatch(
      rows: range.count, blockSize: batch.blockSize, inputs: Array(batch.inputs[span]),
      targets: Array(batch.targets[span]))
  }

  @Test(arguments: VectorCase.all.filter { $0.name != "llama3_rope" })
  func accumulatedAndMicroBatchedGradientsAreThoseOfTheWholeBatch(_ vector: VectorCase) throws {
    let whole = try batch(vector)
    let parts = (0..<whole.rows).map { rows(whole, $0..<($0 + 1)) }
    let expected = try gradients(vector, [whole]).map(Double.init)
    let bound = 1e-6 * max(1, expected.map(abs).max() ?? 0)
    #expect(largestDeviation(try gradients(vector, parts), expected) < bound)
    #expect(largestDeviation(try gradients(vector, [whole], micro: 1), expected) < bound)
  }

  @Test(arguments: VectorCase.all, ProductKernel.allCases.filter(\.isAvailable))
  func threadCountsAgreeAndRepetitionsAreIdentical(
    _ vector: VectorCase, kernel: ProductKernel
  ) throws {
    let whole = try batch(vector)
    let one = try gradients(vector, [whole], threads: 1, kernel: kernel)
    for threads in [2, 3, 5] {
      let several = try gradients(vector, [whole], threads: threads, kernel: kernel)
      if kernel == .openBLAS {
        let bound = 1e-6 * max(1, one.map { Double(abs($0)) }.max() ?? 0)
        #expect(largestDeviation(several, one.map(Double.init)) < bound)
        #expect(
          several == (try gradients(vector, [whole], threads: threads, kernel: kernel)))
      } else {
        // Our own products have one order of sums, whatever part of a matrix a thread computes.
        #expect(several == one)
      }
    }
  }

  @Test(arguments: VectorCase.all)
  func bfloat16GradientsAreNearThoseOfFloat32(_ vector: VectorCase) throws {
    guard ProductKernel.wideBFloat16.isAvailable else { return }
    let whole = try batch(vector)
    let exact = try gradients(vector, [whole]).map(Double.init)
    let rounded = try gradients(vector, [whole], kernel: .wideBFloat16).map(Double.init)
    let error = zip(exact, rounded).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = exact.reduce(0.0) { $0 + $1 * $1 }
    // Eight bits of mantissa: each product is off by up to 2^-8, their sums by less.
    #expect((error / size).squareRoot() < 0.02)
    #expect(error > 0)
  }

  @Test(arguments: VectorCase.all)
  func nothingOfTheStepBeforeIsLeftInTheGradients(_ vector: VectorCase) throws {
    let (first, second) = (try batch(vector, 0), try batch(vector, 1))
    var silent = first
    for index in silent.targets.indices { silent.targets[index] = TokenBatch.ignoredTarget }
    let model = try LanguageModel.load(folder: vector.folder)
    let trainer = try Trainer(
      model: model, blockSize: first.blockSize, rowsMaximum: first.rows,
      optimizer: OptimizerSettings(), threads: 2)
    func gradients(_ batches: [TokenBatch]) throws -> [Float] {
      _ = try trainer.accumulateGradients(batches)
      return Array(trainer.gradientValues)
    }
    let ofSecond = try gradients([second])
    let both = try gradients([first, second])
    #expect(both != ofSecond)
    #expect(try gradients([second]) == ofSecond)
    #expect(try gradients([silent, second]) == ofSecond)
    #expect(try gradients([silent]).allSatisfy { $0 == 0 })
    _ = try gradients([first])
    #expect(try gradients([]).allSatisfy { $0 == 0 })
  }

  @Test func positionsWithoutTargetsDoNotCount() throws {
    let vector = VectorCase(name: "gpt_neo")
    var masked = try batch(vector)
    let evaluator = try Evaluator(
      model: try LanguageModel.load(folder: vector.folder), blockSize: masked.blockSize,
      rowsMaximum: masked.rows, threads: 2)
    let all = try evaluator.tokenLosses(masked)
    for index in masked.targets.indices where index % 3 != 0 {
      masked.targets[index] = TokenBatch.ignoredTarget
    }
    let some = try evaluator.tokenLosses(masked)
    for index in some.indices {
      let isTarget = masked.targets[index] != TokenBatch.ignoredTarget
      #expect(abs(some[index] - (isTarget ? all[index] : 0)) < 1e-5)
    }
  }

  @Test func nonFiniteStepsChangeNothing() throws {
    let vector = VectorCase(name: "gpt2")
    let whole = try batch(vector)
    let model = try LanguageModel.load(folder: vector.folder)
    let trainer = try Trainer(
      model: model, blockSize: whole.blockSize, rowsMaximum: whole.rows,
      optimizer: OptimizerSettings(), threads: 2)
    let gamma = try #require(model.parameters.first { $0.name.hasSuffix("ln_f.weight") })
    model.values(of: gamma)[0] = .nan
    let before = Array(model.weights.map(\.bitPattern))
    let result = try trainer.step([whole], learningRate: 1e-3)
    #expect(!result.isFinite)
    #expect(trainer.stepCount == 0)
    #expect(before == model.weights.map(\.bitPattern))
  }

  @Test func tokensOutsideTheVocabularyAreRefused() throws {
    let vector = VectorCase(name: "qwen2")
    var bad = try batch(vector)
    let model = try LanguageModel.load(folder: vector.folder)
    let evaluator = try Evaluator(
      model: model, blockSize: bad.blockSize, rowsMaximum: bad.rows, threads: 1)
    for token: Int32 in [-1, Int32(model.configuration.vocabularySize), .max] {
      bad.inputs[3] = token
      #expect(throws: ModelError.self) { _ = try evaluator.tokenLosses(bad) }
    }
    bad.inputs[3] = 0
    bad.targets[5] = Int32(model.configuration.vocabularySize)
    #expect(throws: ModelError.self) { _ = try evaluator.tokenLosses(bad) }
  }

  @Test func aFreshAdapterChangesNothingAndTrainsOnlyItself() throws {
    let vector = VectorCase(name: "llama_tied")
    let whole = try batch(vector)
    let model = try LanguageModel.load(folder: vector.folder)
    let base = Array(model.weights)
    let losses = try Evaluator(
      model: model, blockSize: whole.blockSize, rowsMaximum: whole.rows, threads: 2
    ).tokenLosses(whole)
    try model.attachAdapter(
      AdapterConfiguration(
        rank: 3, alpha: 6, dropout: 0.5,
        targetModules: [
          "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
        ]
      ), seed: 7)
    let trainer = try Trainer(
      model: model, blockSize: whole.blockSize, rowsMaximum: whole.rows,
      optimizer: OptimizerSettings(weightDecay: 0), threads: 2, seed: 3)
    #expect(try trainer.evaluationLosses(whole) == losses)
    var last = Double.infinity
    for _ in 0..<30 { last = try trainer.step([whole], learningRate: 1e-2).loss }
    #expect(Array(model.weights) == base)
    let mean = losses.reduce(0.0) { $0 + Double($1) } / Double(whole.targetCount)
    #expect(last < mean - 0.5)
  }

  @Test func dropoutGradientsAreThoseOfTheDroppedFunction() throws {
    // With B = 0 the loss does not depend on A or on the mask, so B's gradient sees the mask alone: two
    // runs with one seed agree to the bit, another seed differs.
    let vector = VectorCase(name: "gpt2")
    let whole = try batch(vector)
    func gradient(seed: UInt64) throws -> [Float] {
      let model = try LanguageModel.load(folder: vector.folder)
      try model.attachAdapter(
        AdapterConfiguration(rank: 2, alpha: 4, dropout: 0.3, targetModules: ["c_attn", "c_proj"]),
        seed: 1)
      let trainer = try Trainer(
        model: model, blockSize: whole.blockSize, rowsMaximum: whole.rows,
        optimizer: OptimizerSettings(), threads: 2, seed: seed)
      _ = try trainer.accumulateGradients([whole])
      return Array(trainer.gradientValues)
    }
    let first = try gradient(seed: 1)
    #expect(first == (try gradient(seed: 1)))
    #expect(first != (try gradient(seed: 2)))
    #expect(first.contains { $0 != 0 })
  }

  @Test func savedModelsAndAdaptersComeBackTheSame() throws {
    for vector in VectorCase.all {
      let folder = try TemporaryFolder()
      let model = try LanguageModel.load(
        folder: vector.folder, adapterFolder: vector.folder + "/lora")
      try model.save(folder: folder.path, type: .F32)
      try model.saveAdapter(folder: folder.path + "/adapter", type: .F32)
      let again = try LanguageModel.load(
        folder: folder.path, adapterFolder: folder.path + "/adapter")
      #expect(Array(again.weights) == Array(model.weights))
      #expect(again.configuration == model.configuration)
      let (one, two) = (try #require(model.adapter), try #require(again.adapter))
      #expect(Array(one.weights) == Array(two.weights))
      #expect(one.modules.map(\.scale) == two.modules.map(\.scale))
    }
  }

  @Test func freshModelsDependOnTheSeedOnly() throws {
    let configuration = try ModelConfiguration.load(
      path: Vectors.path("compute/gpt2/config.json"))
    // Buffers live as long as their model, and an array may let go of its elements early.
    let models = try [1, 1, 2].map { seed in
      let model = try LanguageModel(configuration: configuration)
      model.initialize(seed: UInt64(seed))
      return model
    }
    #expect(Array(models[0].weights) == Array(models[1].weights))
    #expect(Array(models[0].weights) != Array(models[2].weights))
    let table = Array(models[0].weights.prefix(models[0].parameters[0].count))
    let deviation = (table.reduce(0.0) { $0 + Double($1 * $1) } / Double(table.count)).squareRoot()
    withExtendedLifetime(models) {}
    #expect(abs(deviation - configuration.initializerRange) < 0.1 * configuration.initializerRange)
  }

  @Test func workersSplitEverythingExactlyOnce() {
    for workers in 1...4 {
      let pool = WorkerPool(count: workers)
      for items in [0, 1, 2, 7, 64, 1000] {
        let touched = UnsafeMutableBufferPointer<Int32>.allocate(capacity: max(1, items))
        defer { touched.deallocate() }
        touched.initialize(repeating: 0)
        pool.split(items, grain: 3) { range, _ in
          for index in range { touched[index] += 1 }
        }
        #expect(touched.prefix(items).allSatisfy { $0 == 1 })
      }
    }
  }
}
