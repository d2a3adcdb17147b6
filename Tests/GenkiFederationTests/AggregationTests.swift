import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiTensor
import TestSupport
import Testing

/// Merging: the laws of the mean, of the sorted strategies, and of low-rank changes.
struct AggregationTests {
  let folder: TemporaryFolder
  let base: BaseModel
  let baseValues: [Float]
  private static let shape = [40, 30]
  private static let name = "layer.weight"

  init() throws {
    folder = try TemporaryFolder()
    baseValues = WeightFolder.normal(1_200, 1)
    let path = try WeightFolder.write(
      [(Self.name, Self.shape, baseValues), ("layer.bias", [30], WeightFolder.normal(30, 2))],
      in: folder, "base")
    base = try BaseModel(folder: path, weights: WeightSet.open(folder: path))
  }

  /// A model whose matrix is the base's plus a change; its bias is the base's.
  private func model(_ name: String, change: [Float]) throws -> String {
    try WeightFolder.write(
      [
        (Self.name, Self.shape, zip(baseValues, change).map { $0 + $1 }),
        ("layer.bias", [30], WeightFolder.normal(30, 2)),
      ], in: folder, name)
  }

  private func merged(
    _ folders: [String], weights: [UInt16]? = nil, strategy: AggregationStrategy = .weightedMean,
    step: Double = 1, threads: Int = 2
  ) throws -> [Float] {
    let out = folder.file("out-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    try Aggregation.write(
      candidates: folders.map { try Candidate.open(folder: $0, base: base).get() },
      weights: weights ?? folders.map { _ in 1 }, strategy: strategy, step: step, base: base,
      to: out + "/" + ModelFiles.weights, threads: threads)
    return try WeightFolder.read(out)[Self.name] ?? []
  }

  @Test func oneModelIsReturnedBitForBit() throws {
    let path = try model("a", change: WeightFolder.normal(1_200, 3, scale: 0.1))
    #expect(try merged([path]) == WeightFolder.read(path)[Self.name])
  }

  @Test func equalModelsGiveThatModel() throws {
    let change = WeightFolder.normal(1_200, 3, scale: 0.1)
    let paths = try ["a", "b", "c"].map { try model($0, change: change) }
    let expected = try #require(try WeightFolder.read(paths[0])[Self.name])
    for strategy in AggregationStrategy.allCases {
      #expect(
        WeightFolder.largestDifference(try merged(paths, strategy: strategy), expected) < 1e-6)
    }
  }

  @Test func modelEqualToTheBaseAddsNothing() throws {
    let change = WeightFolder.normal(1_200, 3, scale: 0.1)
    let paths = [try model("a", change: change), try model("same", change: change.map { _ in 0 })]
    let expected = zip(baseValues, change).map { $0 + $1 / 2 }
    // The median norm is half of the changed model's, so the bound of three medians leaves it whole.
    #expect(WeightFolder.largestDifference(try merged(paths), expected) < 1e-6)
  }

  @Test func meanWeighsByTheShares() throws {
    let changes = (3..<6).map { WeightFolder.normal(1_200, $0, scale: 0.1) }
    let paths = try changes.enumerated().map { try model("m\($0.offset)", change: $0.element) }
    let result = try merged(paths, weights: [60_000, 2_000, 2_000])
    let expected = baseValues.indices.map {
      baseValues[$0] + 0.5 * changes[0][$0] + 0.25 * changes[1][$0] + 0.25 * changes[2][$0]
    }
    #expect(WeightFolder.largestDifference(result, expected) < 1e-6)
    let half = try merged(paths, weights: [60_000, 2_000, 2_000], step: 0.5)
    let halfExpected = zip(baseValues, expected).map { ($0 + $1) / 2 }
    #expect(WeightFolder.largestDifference(half, halfExpected) < 1e-6)
  }

  @Test func medianOfTwoIsTheirMean() throws {
    let changes = (3..<5).map { WeightFolder.normal(1_200, $0, scale: 0.1) }
    let paths = try changes.enumerated().map { try model("m\($0.offset)", change: $0.element) }
    #expect(
      WeightFolder.largestDifference(
        try merged(paths, strategy: .median), try merged(paths)) < 1e-6)
  }

  @Test func sortedStrategiesIgnoreOneOutlierOfFive() throws {
    var changes = (3..<8).map { WeightFolder.normal(1_200, $0, scale: 0.01) }
    changes[2] = changes[2].map { _ in 0.02 }
    let paths = try changes.enumerated().map { try model("m\($0.offset)", change: $0.element) }
    let median = try merged(paths, strategy: .median)
    let trimmed = try merged(paths, strategy: .trimmedMean)
    for index in baseValues.indices {
      let sorted = changes.map { $0[index] }.sorted()
      #expect(abs(median[index] - baseValues[index] - sorted[2]) < 1e-6)
      let mean = (sorted[1] + sorted[2] + sorted[3]) / 3
      #expect(abs(trimmed[index] - baseValues[index] - mean) < 1e-6)
    }
  }

  @Test func largeChangeIsScaledToThreeMedians() throws {
    var changes = (3..<6).map { WeightFolder.normal(1_200, $0, scale: 0.001) }
    changes[2] = changes[2].map { $0 * 100 }
    let paths = try changes.enumerated().map { try model("m\($0.offset)", change: $0.element) }
    let result = try merged(paths)
    let norms = changes.map { $0.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
    let factor = Float(3 * norms.sorted()[1] / norms[2])
    let expected = baseValues.indices.map {
      baseValues[$0] + (changes[0][$0] + changes[1][$0] + factor * changes[2][$0]) / 3
    }
    #expect(WeightFolder.largestDifference(result, expected) < 1e-6)
  }

  @Test(arguments: AggregationStrategy.allCases)
  func threadsChangeNoBit(strategy: AggregationStrategy) throws {
    let paths = try (3..<8).map {
      try model("m\($0)", change: WeightFolder.normal(1_200, $0, scale: 0.1))
    }
    let one = try merged(paths, strategy: strategy, threads: 1)
    for threads in [2, 3, 7] {
      #expect(try merged(paths, strategy: strategy, threads: threads) == one)
    }
  }

  /// The merge into memory adds up the mean before it knows the norms: with a change that is bounded
  /// after all, with one that weighs nothing and with none of both.
  @Test(arguments: [(1, 1), (100, 1), (1, 0)] as [(Float, UInt16)], AggregationStrategy.allCases)
  func mergeIntoMemoryGivesTheBitsOfTheFile(
    last: (scale: Float, weight: UInt16), strategy: AggregationStrategy
  ) throws {
    var changes = (3..<9).map { WeightFolder.normal(1_200, $0, scale: 0.001) }
    changes[5] = changes[5].map { $0 * last.scale }
    var paths = try changes.enumerated().map { try model("m\($0.offset)", change: $0.element) }
    let (a, b) = (
      WeightFolder.normal(120, 10, scale: 0.03), WeightFolder.normal(160, 11, scale: 0.03)
    )
    paths.insert(try adapter("x", a: a, b: b, rank: 4), at: 3)
    let weights = [1, 2, 3, 4, 5, 6, last.weight]
    for step in [1, 0.5] {
      let expected = try merged(paths, weights: weights, strategy: strategy, step: step)
      for threads in 1...3 {
        var values = [Float](repeating: .nan, count: base.elementCount)
        let candidates = try paths.map { try Candidate.open(folder: $0, base: base).get() }
        try values.withUnsafeMutableBufferPointer {
          _ = try Aggregation.merge(
            candidates: candidates, weights: weights, strategy: strategy, step: step, base: base,
            into: $0, pool: WorkerPool(count: threads))
        }
        let start = base.tensors.prefix { $0.name != Self.name }.reduce(0) { $0 + $1.elementCount }
        #expect(Array(values[start..<start + 1_200]) == expected)
      }
    }
  }

  /// A header of odd length shifts every element off its alignment; such a file is copied, not read in
  /// place.
  @Test func elementsOffTheirAlignmentMergeTheSame() throws {
    let paths = try (3..<6).map {
      try model("m\($0)", change: WeightFolder.normal(1_200, $0, scale: 0.1))
    }
    let expected = try merged(paths)
    let file = paths[1] + "/" + ModelFiles.weights
    var bytes = try TextFile.readBytes(file, sizeLimit: 1 << 20)
    let header = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    withUnsafeBytes(of: UInt64(header + 1).littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
    bytes.insert(UInt8(ascii: " "), at: 8 + header)
    try AtomicFile.write(bytes, to: file)
    #expect(try merged(paths) == expected)
  }

  // MARK: Low-rank changes

  private func adapter(
    _ name: String, a: [Float], b: [Float], rank: Int, alpha: Double? = nil
  ) throws -> String {
    try WeightFolder.writeAdapter(
      [
        ("base_model.model.layer.lora_A.weight", [rank, 30], a),
        ("base_model.model.layer.lora_B.weight", [40, rank], b),
      ],
      configuration: AdapterConfiguration(
        rank: rank, alpha: alpha ?? Double(rank), targetModules: ["layer"]), in: folder, name)
  }

  /// scale · B A in float64.
  private func product(_ b: [Float], _ a: [Float], rank: Int, scale: Double = 1) -> [Float] {
    (0..<1_200).map { index in
      let (row, column) = (index / 30, index % 30)
      let sum = (0..<rank).reduce(0.0) {
        $0 + Double(b[row * rank + $1]) * Double(a[$1 * 30 + column])
      }
      return Float(scale * sum)
    }
  }

  @Test func oneAdapterIsReproduced() throws {
    let (a, b) = (
      WeightFolder.normal(120, 10, scale: 0.3), WeightFolder.normal(160, 11, scale: 0.3)
    )
    let result = try merged([adapter("x", a: a, b: b, rank: 4, alpha: 8)])
    let expected = zip(baseValues, product(b, a, rank: 4, scale: 2)).map { $0 + $1 }
    #expect(WeightFolder.largestDifference(result, expected) < 1e-5)
  }

  @Test func otherFactorsOfTheSameProductMergeToTheSame() throws {
    let (a, b) = (WeightFolder.normal(60, 10, scale: 0.3), WeightFolder.normal(80, 11, scale: 0.3))
    // B R and R⁻¹ A for R = [[2, 1], [1, 1]], whose inverse is [[1, −1], [−1, 2]].
    var (otherA, otherB) = (a, b)
    for row in 0..<40 {
      let (first, second) = (b[2 * row], b[2 * row + 1])
      otherB[2 * row] = 2 * first + second
      otherB[2 * row + 1] = first + second
    }
    for column in 0..<30 {
      let (first, second) = (a[column], a[30 + column])
      otherA[column] = first - second
      otherA[30 + column] = 2 * second - first
    }
    let one = try merged([adapter("x", a: a, b: b, rank: 2)])
    let other = try merged([adapter("y", a: otherA, b: otherB, rank: 2)])
    #expect(WeightFolder.largestDifference(one, other) < 1e-5)
  }

  @Test func adaptersOfOtherRanksMergeExactly() throws {
    let small = (WeightFolder.normal(120, 10, scale: 0.2), WeightFolder.normal(160, 11, scale: 0.2))
    let large = (WeightFolder.normal(480, 12, scale: 0.1), WeightFolder.normal(640, 13, scale: 0.1))
    let result = try merged([
      adapter("x", a: small.0, b: small.1, rank: 4),
      adapter("y", a: large.0, b: large.1, rank: 16),
    ])
    let (one, other) = (
      product(small.1, small.0, rank: 4), product(large.1, large.0, rank: 16)
    )
    let expected = baseValues.indices.map { baseValues[$0] + (one[$0] + other[$0]) / 2 }
    #expect(WeightFolder.largestDifference(result, expected) < 1e-5)
  }

  @Test func negatedFactorsAreTheSameAdapterAndDoNotCancel() throws {
    let (a, b) = (
      WeightFolder.normal(120, 10, scale: 0.3), WeightFolder.normal(160, 11, scale: 0.3)
    )
    let result = try merged([
      adapter("x", a: a, b: b, rank: 4), adapter("y", a: a.map(-), b: b.map(-), rank: 4),
    ])
    let expected = zip(baseValues, product(b, a, rank: 4)).map { $0 + $1 }
    #expect(WeightFolder.largestDifference(result, expected) < 1e-5)
  }

  @Test func adapterAndFullModelMergeTogether() throws {
    let (a, b) = (
      WeightFolder.normal(120, 10, scale: 0.3), WeightFolder.normal(160, 11, scale: 0.3)
    )
    let change = WeightFolder.normal(1_200, 3, scale: 0.1)
    let result = try merged([adapter("x", a: a, b: b, rank: 4), model("m", change: change)])
    let product = product(b, a, rank: 4)
    let expected = baseValues.indices.map { baseValues[$0] + (product[$0] + change[$0]) / 2 }
    #expect(WeightFolder.largestDifference(result, expected) < 1e-5)
  }

  /// Adapters, bases and merged weights made with numpy in float64.
  @Test(arguments: [
    ("peft_gptneo", "transformer.h.0.attn.attention.q_proj.weight", false),
    ("peft_gpt2_conv1d", "transformer.h.0.attn.c_attn.weight", true),
  ])
  func referenceAdaptersMergeAsTheReferenceDoes(
    name: String, tensor: String, isTransposed: Bool
  ) throws {
    let vectors = Vectors.path("formats/\(name)")
    let copy = folder.file("reference-base")
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: vectors + "/base.safetensors", toPath: copy + "/model.safetensors")
    let base = try BaseModel(folder: copy, weights: WeightSet.open(folder: copy)) { _ in
      isTransposed
    }
    let out = folder.file("reference-out")
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    try Aggregation.write(
      candidates: [try Candidate.open(folder: vectors, base: base).get()], weights: [1],
      strategy: .weightedMean, step: 1, base: base, to: out + "/model.safetensors", threads: 2)
    let expected = try SafetensorsFile(path: vectors + "/merged_expected.safetensors")
    let info = try #require(expected[tensor])
    var values = [Float](repeating: 0, count: info.elementCount)
    try expected.readFloats(info, into: &values)
    let result = try #require(try WeightFolder.read(out)[tensor])
    let difference = WeightFolder.largestDifference(result, values)
    #expect(difference < 1e-5)
  }
}
