import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTensor
import TestSupport
import Testing

/// Every model family against float64 values of PyTorch and transformers. The tolerances are those of
/// the reference data's authors: ten times the float32 error of transformers itself.
@Suite struct ReferenceTests {
  static let logitsTolerance = 2e-5
  static let lossTolerance = 5e-6
  static let gradientTolerance = 5e-6

  /// Every float32 kernel of this processor, by one and by two threads.
  static let setups = ProductKernel.allCases.filter { $0.isAvailable && $0 != .wideBFloat16 }
    .flatMap { kernel in [1, 2].map { Setup(kernel: kernel, threads: $0) } }

  struct Setup: CustomTestStringConvertible {
    let kernel: ProductKernel
    let threads: Int
    var testDescription: String { "\(kernel.rawValue), \(threads) threads" }
  }

  @Test(arguments: VectorCase.all, setups)
  func logitsAndLossAgree(_ vector: VectorCase, setup: Setup) throws {
    let file = try vector.file()
    let batch = try vector.batch(file, 0)
    let model = try LanguageModel.load(folder: vector.folder)
    let evaluator = try Evaluator(
      model: model, blockSize: batch.blockSize, rowsMaximum: batch.rows,
      threads: setup.threads, kernel: setup.kernel)
    let logits = try collectLogits(evaluator, batch)
    let logitsDeviation = largestDeviation(logits, try VectorCase.doubles(file, "logits"))
    let losses = try evaluator.tokenLosses(batch)
    let loss = losses.reduce(0.0) { $0 + Double($1) } / Double(batch.targetCount)
    let lossDeviation = abs(loss - (try VectorCase.doubles(file, "loss"))[0])
    report(vector.name, "logits", logitsDeviation)
    report(vector.name, "loss", lossDeviation)
    #expect(logitsDeviation <= Self.logitsTolerance)
    #expect(lossDeviation <= Self.lossTolerance)
  }

  @Test(arguments: VectorCase.all, setups)
  func gradientsAgree(_ vector: VectorCase, setup: Setup) throws {
    let file = try vector.file()
    let batch = try vector.batch(file, 0)
    let model = try LanguageModel.load(folder: vector.folder)
    let trainer = try Trainer(
      model: model, blockSize: batch.blockSize, rowsMaximum: batch.rows,
      microBatchRows: setup.threads == 2 ? 1 : nil, optimizer: OptimizerSettings(),
      threads: setup.threads, kernel: setup.kernel)
    _ = try trainer.accumulateGradients([batch])
    var largest = 0.0
    for parameter in model.parameters {
      let expected = try VectorCase.doubles(file, "grad." + parameter.name)
      let deviation = largestDeviation(trainer.gradientValues[parameter.range], expected)
      #expect(deviation <= Self.gradientTolerance, "\(parameter.name)")
      largest = max(largest, deviation)
    }
    report(vector.name, "gradients", largest)
  }

  @Test(arguments: VectorCase.all, setups)
  func adapterLogitsAndGradientsAgree(_ vector: VectorCase, setup: Setup) throws {
    let file = try vector.file()
    let batch = try vector.batch(file, 0)
    let model = try LanguageModel.load(
      folder: vector.folder, adapterFolder: vector.folder + "/lora")
    let evaluator = try Evaluator(
      model: model, blockSize: batch.blockSize, rowsMaximum: batch.rows, threads: setup.threads,
      kernel: setup.kernel)
    let logitsDeviation = largestDeviation(
      try collectLogits(evaluator, batch), try VectorCase.doubles(file, "lora.logits"))
    let trainer = try Trainer(
      model: model, blockSize: batch.blockSize, rowsMaximum: batch.rows,
      optimizer: OptimizerSettings(), threads: setup.threads,
      kernel: setup.kernel)
    let (sum, targets) = try trainer.accumulateGradients([batch])
    let lossDeviation = abs(
      sum / Double(targets) - (try VectorCase.doubles(file, "lora.loss"))[0])
    var largest = 0.0
    let adapter = try #require(model.adapter)
    for parameter in adapter.parameters {
      let expected = try adapterTensor(file, "lora.grad.", parameter.name)
      let deviation = largestDeviation(trainer.gradientValues[parameter.range], expected)
      #expect(deviation <= Self.gradientTolerance, "\(parameter.name)")
      largest = max(largest, deviation)
    }
    report(vector.name, "LoRA logits", logitsDeviation)
    report(vector.name, "LoRA gradients", largest)
    #expect(logitsDeviation <= Self.logitsTolerance)
    #expect(lossDeviation <= Self.lossTolerance)
  }

  /// Files of transformers 4 say the same in other keys.
  @Test(arguments: VectorCase.all)
  func theOldSpellingIsTheSameModel(_ vector: VectorCase) throws {
    let old = vector.folder + "/config.old.json"
    guard FileManager.default.fileExists(atPath: old) else {
      #expect(!VectorCase.withOldSpelling.contains(vector.name))
      return
    }
    let json = try JSONValue.parse(file: old, sizeLimit: 1 << 20)
    let configuration = try ModelConfiguration(json: json, source: old)
    #expect(try configuration == ModelConfiguration.load(path: vector.folder))
    let written = configuration.encoded()
    #expect(try ModelConfiguration(json: written, source: "written") == configuration)
  }

  /// Without a backward pass all blocks share their buffers.
  @Test func anAdapterOfOneBlockIsEvaluatedAsItIsTrained() throws {
    let vector = VectorCase(name: "llama_tied")
    let batch = try vector.batch(try vector.file(), 0)
    let model = try LanguageModel.load(folder: vector.folder)
    let last = try #require(
      model.parameters.last { $0.name.hasSuffix("mlp.down_proj.weight") }?.name)
    try model.attachAdapter(
      AdapterConfiguration(
        rank: 8, alpha: 16, targetModules: [String(last.dropLast(".weight".count))]), seed: 1)
    let adapter = try #require(model.adapter)
    for index in adapter.weights.indices { adapter.weights[index] = Float(index % 7) * 0.01 }
    let trainer = try Trainer(
      model: model, blockSize: batch.blockSize, rowsMaximum: batch.rows,
      optimizer: OptimizerSettings(), threads: 2)
    let evaluator = try Evaluator(
      model: model, blockSize: batch.blockSize, rowsMaximum: batch.rows, threads: 2)
    #expect(try evaluator.tokenLosses(batch) == trainer.evaluationLosses(batch))
  }

  @Test(arguments: VectorCase.all, ["wd001", "wd0", "wd01clip"])
  func parametersAfterAdamWStepsAgree(_ vector: VectorCase, settings: String) throws {
    let file = try vector.file()
    let facts = try #require(try vector.meta()["adamw"]?[settings])
    let model = try LanguageModel.load(folder: vector.folder)
    try checkSteps(vector, file, facts, model, prefix: "adamw.\(settings)") {
      try VectorCase.doubles(file, $0 + $1)
    }
  }

  @Test(arguments: VectorCase.all)
  func adapterAfterAdamWStepsAgrees(_ vector: VectorCase) throws {
    let file = try vector.file()
    let facts = try #require(try vector.meta()["lora"]?["adamw"])
    let model = try LanguageModel.load(
      folder: vector.folder, adapterFolder: vector.folder + "/lora")
    try checkSteps(vector, file, facts, model, prefix: "lora.adamw.wd001") {
      try adapterTensor(file, $0, $1)
    }
  }

  @Test(arguments: VectorCase.all)
  func greedyContinuationAgrees(_ vector: VectorCase) throws {
    let file = try vector.file()
    let greedy = try VectorCase.integers(file, "greedy").map(Int32.init)
    let model = try LanguageModel.load(folder: vector.folder)
    for threads in [1, 2] {
      let generator = try Generator(model: model, contextLength: greedy.count, threads: threads)
      let found = try generator.generate(
        prompt: Array(greedy.prefix(5)), maximumTokens: greedy.count - 5)
      #expect(found == Generation(ids: Array(greedy.dropFirst(5)), end: .length))
    }
  }

  @Test(arguments: VectorCase.rounded)
  func bfloat16WeightsAreReadAsTheReferenceReadsThem(name: String) throws {
    let vector = VectorCase(name: name)
    let file = try vector.file()
    let batch = try vector.batch(file, 0)
    let model = try LanguageModel.load(folder: vector.folder)
    let stored = try SafetensorsFile(path: vector.folder + "/model-bf16.safetensors")
    for parameter in model.parameters {
      let info = try #require(stored[parameter.name])
      let values = model.values(of: parameter)
      try stored.readFloats(info, into: try #require(values.baseAddress))
    }
    let evaluator = try Evaluator(
      model: model, blockSize: batch.blockSize, rowsMaximum: batch.rows, threads: 2)
    let deviation = largestDeviation(
      try collectLogits(evaluator, batch), try VectorCase.doubles(file, "bf16.logits"))
    report(vector.name, "bfloat16 logits", deviation)
    #expect(deviation <= Self.logitsTolerance)
  }

  /// Three steps on three batches; parameters after the first and the third.
  private func checkSteps(
    _ vector: VectorCase, _ file: SafetensorsFile, _ facts: JSONValue, _ model: LanguageModel,
    prefix: String, expected: (String, String) throws -> [Double]
  ) throws {
    let decay = try #require(facts["weight_decay"]?.doubleValue)
    let first = try vector.batch(file, 0)
    let trainer = try Trainer(
      model: model, blockSize: first.blockSize, rowsMaximum: first.rows,
      optimizer: OptimizerSettings(
        weightDecay: decay, decayAll: true, clipNorm: facts["max_norm"]?.doubleValue), threads: 2)
    let losses = try #require(facts["losses"]?.arrayValue).compactMap(\.doubleValue)
    let norms = try #require(facts["grad_norms"]?.arrayValue).compactMap(\.doubleValue)
    var largest = 0.0
    for step in 1...3 {
      let result = try trainer.step([try vector.batch(file, step - 1)], learningRate: 1e-3)
      #expect(abs(result.loss - losses[step - 1]) <= 5e-6)
      #expect(abs(result.gradientNorm - norms[step - 1]) <= 1e-4 * norms[step - 1])
      // wd0 is kept for the third step only.
      guard step == 3 || (step == 1 && !prefix.hasSuffix("wd0")) else { continue }
      for parameter in model.adapter?.parameters ?? model.parameters {
        let reference = try expected("\(prefix).step\(step).", parameter.name)
        let found = trainer.stateSpans[0].values[parameter.range]
        var deviations = zip(found, reference).map { abs(Double($0) - $1) }
        #expect(found.count == reference.count)
        let noise = model.adapter == nil ? try vector.zeroGradient(parameter) : []
        #expect(noise.allSatisfy { deviations[$0] <= 3e-3 })
        deviations = deviations.indices.filter { !noise.contains($0) }.map { deviations[$0] }
        let median = deviations.sorted()[deviations.count / 2]
        #expect(deviations.allSatisfy { $0 <= 1e-4 }, "\(parameter.name) step \(step)")
        #expect(median <= 1e-6, "\(parameter.name) step \(step)")
        largest = max(largest, deviations.max() ?? 0)
      }
    }
    report(vector.name, prefix, largest)
  }

  private func adapterTensor(
    _ file: SafetensorsFile, _ prefix: String, _ name: String
  ) throws -> [Double] {
    let inside = name.replacing("base_model.model.", with: "")
    for candidate in [
      name, name.replacing(".weight", with: ".default.weight"), inside,
      inside.replacing(".weight", with: ".default.weight"),
    ] where file[prefix + candidate] != nil {
      return try VectorCase.doubles(file, prefix + candidate)
    }
    throw VectorError.missing(prefix + name)
  }

  private func collectLogits(_ evaluator: Evaluator, _ batch: TokenBatch) throws -> [Float] {
    var logits: [Float] = []
    try evaluator.forEachLogits(batch) { position, row in
      #expect(position == logits.count / row.count)
      logits += row
    }
    return logits
  }

  /// The largest deviation of a case, for the reader of the test's output.
  private func report(_ name: String, _ what: String, _ deviation: Double) {
    let line = "deviation \(name) \(what): \(deviation)\n"
    FileHandle.standardError.write(Data(line.utf8))
  }
}
