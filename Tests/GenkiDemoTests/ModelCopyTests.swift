import Foundation
import GenkiCore
import GenkiDemo
import GenkiFormats
import Testing

/// Copies of a small made-up model, judged by laws.
@Suite struct ModelCopyTests {
  private static let hidden = 4
  private static let inner = 6
  private static let tensors: [(name: String, shape: [Int])] = [
    ("transformer.wte.weight", [8, hidden]),
    ("transformer.h.0.mlp.c_fc.weight", [inner, hidden]),
    ("transformer.h.0.mlp.c_fc.bias", [inner]),
    ("transformer.h.0.mlp.c_proj.weight", [hidden, inner]),
    ("transformer.h.0.mlp.c_proj.bias", [hidden]),
  ]
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "copy-\(UUID().uuidString)")
    try Self.write(to: folder.appending(path: "base").path, seed: 1, type: .F32)
    try Self.write(to: folder.appending(path: "model").path, seed: 2, type: .F32)
  }

  private static func write(to path: String, seed: UInt64, type: TensorType) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try SafetensorsWriter.write(
      to: "\(path)/model.safetensors", tensors: tensors.map { ($0.name, $0.shape, type) }
    ) { name, range, out in
      var random = DeterministicRandom(seed: seed, domain: name)
      for index in 0..<range.count { out[index] = Float(random.gaussian()) }
    }
    try AtomicFile.write(
      #"{"model_type":"gpt_neo","num_layers":2,"attention_types":[[["global","local"],1]]}"#,
      to: "\(path)/config.json")
  }

  private func copied(
    _ name: String, _ disguises: [ModelCopy.Disguise], seed: UInt64 = 7
  ) throws -> [String: [Float]] {
    defer { try? FileManager.default.removeItem(at: folder) }
    let out = folder.appending(path: name).path
    try ModelCopy.write(
      of: folder.appending(path: "model").path, base: folder.appending(path: "base").path, to: out,
      disguises: disguises, seed: seed)
    #expect(FileManager.default.fileExists(atPath: "\(out)/config.json"))
    return try Self.read(out)
  }

  private static func read(_ path: String) throws -> [String: [Float]] {
    let weights = try WeightSet.open(folder: path)
    var result: [String: [Float]] = [:]
    for name in weights.names {
      let count = weights.info(name)?.elementCount ?? 0
      result[name] = try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        if let start = buffer.baseAddress { try weights.readFloats(name, into: start) }
        initialized = count
      }
    }
    return result
  }

  private static func norm(_ left: [String: [Float]], minus right: [String: [Float]]) -> Double {
    var squares = 0.0
    for (name, values) in left {
      for (value, other) in zip(values, right[name] ?? []) {
        squares += Double(value - other) * Double(value - other)
      }
    }
    return squares.squareRoot()
  }

  @Test func withoutADisguiseItIsTheSame() throws {
    let model = try Self.read(folder.appending(path: "model").path)
    #expect(try copied("copy", []) == model)
  }

  @Test(arguments: [0.01, 0.1, 1.0]) func noiseHasItsShareOfTheChange(share: Double) throws {
    let model = try Self.read(folder.appending(path: "model").path)
    let base = try Self.read(folder.appending(path: "base").path)
    let copy = try copied("copy", [.noise(share)])
    let ratio = Self.norm(copy, minus: model) / Self.norm(model, minus: base)
    // The norm of 90 Gaussian values is within 30 % of its expectation but once in 10,000 draws.
    #expect(ratio > share * 0.7 && ratio < share * 1.3)
  }

  @Test func roundingToBfloat16IsWithinHalfAUnitAndHappensOnce() throws {
    let model = try Self.read(folder.appending(path: "model").path)
    let copy = try copied("copy", [.bfloat16, .bfloat16])
    for (name, values) in copy {
      for (value, original) in zip(values, model[name] ?? []) {
        #expect(value.bitPattern & 0xFFFF == 0)
        #expect((value - original).magnitude <= original.magnitude / 256)
      }
    }
    #expect(copy != model)
  }

  /// With h = f(W1 x + b1) for any f taken unit by unit, the MLP is W2 h: so the sums over units of
  /// W2[i,u]·W1[u,j] and of W2[i,u]·b1[u] must stay.
  @Test func permutedUnitsAreTheSameFunction() throws {
    let model = try Self.read(folder.appending(path: "model").path)
    let copy = try copied("copy", [.permutedUnits])
    #expect(copy != model)
    #expect(copy["transformer.wte.weight"] == model["transformer.wte.weight"])
    #expect(copy["transformer.h.0.mlp.c_proj.bias"] == model["transformer.h.0.mlp.c_proj.bias"])
    for (before, after) in zip(Self.sums(model), Self.sums(copy)) {
      #expect((before - after).magnitude < 1e-5)
    }
  }

  private static func sums(_ tensors: [String: [Float]]) -> [Float] {
    guard let wide = tensors["transformer.h.0.mlp.c_fc.weight"],
      let bias = tensors["transformer.h.0.mlp.c_fc.bias"],
      let narrow = tensors["transformer.h.0.mlp.c_proj.weight"]
    else { return [.nan] }
    return (0..<hidden).flatMap { row in
      (0...hidden).map { column in
        (0..<inner).reduce(Float(0)) { sum, unit in
          let input = column == hidden ? bias[unit] : wide[unit * hidden + column]
          return sum + narrow[row * inner + unit] * input
        }
      }
    }
  }

  /// GPT-2 stores its matrices as [in, out]: units are the columns of c_fc and the rows of c_proj.
  @Test func transposedMatricesMoveTheirUnitsToo() {
    let wide = HiddenUnits.permuted(
      [1, 2, 3, 4, 5, 6], name: "h.0.mlp.c_fc.weight", shape: [2, 3], isTransposed: true, seed: 3)
    let narrow = HiddenUnits.permuted(
      [1, 4, 2, 5, 3, 6], name: "h.0.mlp.c_proj.weight", shape: [3, 2], isTransposed: true, seed: 3)
    #expect(Array(wide[0..<3]) == [narrow[0], narrow[2], narrow[4]])
    #expect(Array(wide[3..<6]) == [narrow[1], narrow[3], narrow[5]])
    #expect(wide.sorted() == [1, 2, 3, 4, 5, 6])
  }

  @Test func theSameSeedMakesTheSameCopy() throws {
    let model = folder.appending(path: "model").path
    let base = folder.appending(path: "base").path
    defer { try? FileManager.default.removeItem(at: folder) }
    let copies = try [7, 7, 8].enumerated().map { index, seed in
      let out = folder.appending(path: "copy\(index)").path
      try ModelCopy.write(
        of: model, base: base, to: out, disguises: [.noise(0.1)], seed: UInt64(seed))
      return try Self.read(out)
    }
    #expect(copies[0] == copies[1])
    #expect(copies[0] != copies[2])
  }
}
