import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

/// Decoding from weights as they are stored: beside the reference, and beside the evaluation of the same
/// weights in float32.
@Suite struct DecodingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A vector's first row, token by token and at once, beside reference logits [rows, block, words].
  private func check(
    _ model: DecodingModel, _ tokens: [Int32], _ expected: [Double], threads: Int
  ) throws {
    let words = model.configuration.vocabularySize
    let generator = try Generator(model: model, contextLength: tokens.count, threads: threads)
    for count in 1...tokens.count {
      let found = try generator.logits(after: Array(tokens.prefix(count)))
      #expect(generator.computedTokens == count - 1)
      let wanted = Array(expected[(count - 1) * words..<count * words])
      #expect(largestDeviation(found, wanted) <= ReferenceTests.logitsTolerance)
    }
    for count in [2, 3, 5, tokens.count] {
      let fresh = try Generator(model: model, contextLength: tokens.count, threads: threads)
      let found = try fresh.logits(after: Array(tokens.prefix(count)))
      let wanted = Array(expected[(count - 1) * words..<count * words])
      #expect(largestDeviation(found, wanted) <= ReferenceTests.logitsTolerance)
    }
  }

  private func row(_ vector: VectorCase) throws -> [Int32] {
    let batch = try vector.batch(try vector.file(), 0)
    return Array(batch.inputs.prefix(batch.blockSize))
  }

  @Test(arguments: VectorCase.all, [1, 2, 3])
  func logitsAreThoseOfTheReference(_ vector: VectorCase, threads: Int) throws {
    let file = try vector.file()
    try check(
      DecodingModel.load(folder: vector.folder), row(vector),
      VectorCase.doubles(file, "logits"), threads: threads)
    try check(
      DecodingModel.load(folder: vector.folder, adapterFolder: vector.folder + "/lora"),
      row(vector), VectorCase.doubles(file, "lora.logits"), threads: threads)
    try check(
      DecodingModel(LanguageModel.load(folder: vector.folder)), row(vector),
      VectorCase.doubles(file, "logits"), threads: threads)
  }

  @Test(arguments: VectorCase.rounded)
  func bfloat16FilesAreReadAsTheReferenceReadsThem(name: String) throws {
    let vector = VectorCase(name: name)
    try copyConfiguration(vector)
    try FileManager.default.copyItem(
      atPath: vector.folder + "/model-bf16.safetensors", toPath: folder.file("model.safetensors"))
    try check(
      DecodingModel.load(folder: folder.path), row(vector),
      VectorCase.doubles(vector.file(), "bf16.logits"), threads: 2)
  }

  private func copyConfiguration(_ vector: VectorCase) throws {
    try FileManager.default.copyItem(
      atPath: vector.folder + "/config.json", toPath: folder.file("config.json"))
  }

  /// Writes a vector's model with each tensor in the type of its name.
  private func store(_ vector: VectorCase, type: (String) -> TensorType) throws {
    try copyConfiguration(vector)
    try LanguageModel.load(folder: vector.folder).saveWeights(folder: folder.path, type: type)
  }

  /// Decoding beside the evaluator, which widens all weights first.
  private func checkBesideTheEvaluator(_ vector: VectorCase, adapter: String? = nil) throws {
    let tokens = try row(vector)
    let widened = try LanguageModel.load(folder: folder.path, adapterFolder: adapter)
    let evaluator = try Evaluator(
      model: widened, blockSize: tokens.count, rowsMaximum: 1, threads: 1)
    var expected: [Double] = []
    try evaluator.forEachLogits(
      TokenBatch(
        rows: 1, blockSize: tokens.count, inputs: tokens,
        targets: [Int32](repeating: TokenBatch.ignoredTarget, count: tokens.count))
    ) { _, row in expected += row.map(Double.init) }
    try check(
      DecodingModel.load(folder: folder.path, adapterFolder: adapter), tokens, expected,
      threads: 2)
  }

  @Test(arguments: VectorCase.all, [TensorType.BF16, .F16])
  func weightsOf16BitsAreTheirValues(_ vector: VectorCase, type: TensorType) throws {
    try store(vector) { _ in type }
    try checkBesideTheEvaluator(vector)
    try checkBesideTheEvaluator(vector, adapter: vector.folder + "/lora")
    let matrices = try LanguageModel.load(folder: vector.folder).parameters.filter(\.isMatrix)
    let count = matrices.reduce(0) { $0 + $1.count }
    let stored = try DecodingModel.load(folder: folder.path).storedBytes
    // Vectors are kept in float32, and every tensor begins at a multiple of 64 bytes.
    #expect(stored >= 2 * count && stored < 3 * count)
  }

  @Test(arguments: VectorCase.all)
  func everyTensorMayHaveATypeOfItsOwn(_ vector: VectorCase) throws {
    let types: [TensorType] = [.F32, .BF16, .F16]
    try store(vector) { name in types[name.utf8.reduce(0) { $0 + Int($1) } % 3] }
    try checkBesideTheEvaluator(vector)
  }

  @Test func shardsAreOneModel() throws {
    let vector = VectorCase(name: "gpt2")
    let source = try WeightSet.open(folder: vector.folder)
    try copyConfiguration(vector)
    var map: JSONObject = [:]
    for shard in 0..<2 {
      let name = "model-0000\(shard + 1)-of-00002.safetensors"
      let names = source.names.enumerated().filter { $0.offset % 2 == shard }.map(\.element)
      try SafetensorsWriter.write(
        to: folder.file(name),
        tensors: names.map { ($0, source.info($0)?.shape ?? [], TensorType.BF16) }
      ) { tensor, range, out in try source.readFloats(tensor, range: range, into: out) }
      for tensor in names { map[tensor] = .string(name) }
    }
    try folder.write(
      JSONValue.object(["weight_map": .object(map)]).encoded(),
      to: "model.safetensors.index.json")
    try checkBesideTheEvaluator(vector)
  }

  /// Both readers of a folder refuse the same.
  @Test(arguments: ["missing", "more", "shape", "type", "cut"])
  func aFolderThatIsNotTheModelIsRefused(fault: String) throws {
    let vector = VectorCase(name: "gpt2")
    let source = try WeightSet.open(folder: vector.folder)
    try copyConfiguration(vector)
    var tensors = source.names.map { ($0, source.info($0)?.shape ?? [], TensorType.BF16) }
    let place = try #require(tensors.firstIndex { $0.0.hasSuffix("c_attn.weight") })
    switch fault {
    case "missing": tensors.remove(at: place)
    case "more": tensors.append(("another.weight", [2, 2], .BF16))
    case "shape": tensors[place].1 = tensors[place].1.reversed()
    default: break
    }
    try SafetensorsWriter.write(to: folder.file("model.safetensors"), tensors: tensors) {
      _, range, out in for index in 0..<range.count { out[index] = 0 }
    }
    let path = folder.file("model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    if fault == "cut" { bytes.removeLast(100) }
    if fault == "type" {
      let text = String(decoding: bytes, as: Unicode.ASCII.self)
      let header = try #require(text.range(of: "\"BF16\""))
      let start = text.utf8.distance(from: text.startIndex, to: header.lowerBound)
      bytes.replaceSubrange(start..<start + 6, with: Array("\"I16\" ".utf8))
    }
    try Data(bytes).write(to: URL(filePath: path))
    let decoding = #expect(throws: (any Error).self) {
      try DecodingModel.load(folder: folder.path)
    }
    let language = #expect(throws: (any Error).self) {
      try LanguageModel.load(folder: folder.path)
    }
    #expect(
      "\(decoding.map(String.init(describing:)) ?? "")"
        == "\(language.map(String.init(describing:)) ?? "")")
  }
}
