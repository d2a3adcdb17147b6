import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiTensor
import TestSupport
import Testing

/// The validity gates on model folders: attacks 22 to 26 and the verdict that names the difference.
struct CandidateGateTests {
  let folder: TemporaryFolder
  let base: BaseModel
  let gates: CandidateGates
  let pool = WorkerPool(count: 2)
  private static let tensors: [WeightFolder.Tensor] = [
    ("layer.0.weight", [20, 10], WeightFolder.normal(200, 1)),
    ("layer.1.weight", [10, 20], WeightFolder.normal(200, 2)),
    ("layer.1.bias", [10], WeightFolder.normal(10, 3)),
  ]

  init() throws {
    folder = try TemporaryFolder()
    let path = try WeightFolder.write(Self.tensors, in: folder, "base")
    base = try BaseModel(folder: path, weights: WeightSet.open(folder: path))
    gates = try CandidateGates(base: base, pool: pool)
  }

  private func verdict(_ path: String) -> Rejection? {
    let outcome = Candidate.open(folder: path, base: base).flatMap {
      gates.inspect($0, pool: pool)
    }
    if case .failure(let rejection) = outcome { return rejection }
    return nil
  }

  /// The verdict on the base's tensors after a change.
  private func verdict(_ change: (inout [WeightFolder.Tensor]) -> Void) throws -> Rejection? {
    var tensors = Self.tensors
    change(&tensors)
    return verdict(try WeightFolder.write(tensors, in: folder, "model"))
  }

  @Test func smallChangeIsAccepted() throws {
    #expect(try verdict { $0[0].values[7] += 0.01 } == nil)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func nonFiniteIsNamed(value: Float) throws {
    #expect(try verdict { $0[1].values[33] = value } == .nonFinite(tensor: "layer.1.weight"))
    #expect("\(Rejection.nonFinite(tensor: "x"))" == "non-finite tensor x")
  }

  @Test(arguments: [Float(-0.0), .leastNonzeroMagnitude])
  func negativeZeroAndDenormalsAreNumbers(value: Float) throws {
    #expect(try verdict { $0[0].values[0] = value } == nil)
  }

  @Test func hugeNormIsRefused() throws {
    let huge = try verdict { tensors in
      for place in tensors.indices {
        tensors[place].values = tensors[place].values.map { 1.6 * $0 }
      }
    }
    guard case .changeTooLarge(let ratio, 0.5) = huge else {
      Issue.record("expected a large change, found \(String(describing: huge))")
      return
    }
    #expect(abs(ratio - 0.6) < 1e-6)
  }

  @Test func oneHugeMatrixIsRefused() throws {
    // A change of the whole model that the limit lets through, all of it in one matrix.
    let limits = CandidateLimits(changeRatio: 10)
    let gates = try CandidateGates(base: base, limits: limits, pool: pool)
    func verdict(times factor: Float) throws -> Rejection? {
      var tensors = Self.tensors
      tensors[0].values = tensors[0].values.map { factor * $0 }
      let path = try WeightFolder.write(tensors, in: folder, "matrix\(factor)")
      switch Candidate.open(folder: path, base: base, limits: limits).flatMap({
        gates.inspect($0, pool: pool)
      }) {
      case .success: return nil
      case .failure(let rejection): return rejection
      }
    }
    #expect(try verdict(times: 1.9) == nil)
    guard case .matrixChangeTooLarge("layer.0.weight", _, _) = try verdict(times: 2.2) else {
      Issue.record("a matrix that changed by more than its own norm must be refused")
      return
    }
  }

  @Test func valuesNearTheEndOfFloat32AreRefusedAndDoNotOverflow() throws {
    let huge = try verdict { $0[0].values[0] = 3e38 }
    guard case .changeTooLarge(let ratio, _) = huge else {
      Issue.record("expected a large change, found \(String(describing: huge))")
      return
    }
    #expect(ratio.isFinite)
  }

  @Test func unchangedBaseIsRefused() throws {
    #expect(try verdict { _ in } == .unchanged)
  }

  @Test func firstDifferenceOfTheTensorsIsNamed() throws {
    #expect(try verdict { $0.removeLast() } == .missingTensor(name: "layer.1.bias"))
    #expect(
      try verdict { $0.append(("extra", [2], [1, 2])) } == .unexpectedTensor(name: "extra"))
    #expect(
      try verdict { $0[0].shape = [10, 20] }
        == .wrongShape(tensor: "layer.0.weight", expected: [20, 10], found: [10, 20]))
    let half = try WeightFolder.write(Self.tensors, in: folder, "half", type: .F16)
    #expect(
      verdict(half) == .wrongType(tensor: "layer.0.weight", expected: "F32", found: "F16"))
  }

  @Test func filesThatAreNoModelsAreRefused() throws {
    for (name, bytes) in [
      ("empty", []), ("html", Array("<html>not found</html>".utf8)),
      ("long", [0, 0, 0, 0, 0, 0, 0, 0x40, 0x7B]), ("zip", [0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0, 0]),
    ] as [(String, [UInt8])] {
      try folder.write(bytes, to: "\(name)/model.safetensors")
      guard case .unreadable = verdict(folder.file(name)) else {
        Issue.record("\(name) was not refused as unreadable")
        continue
      }
    }
    guard case .unreadable = verdict(folder.file("nowhere")) else {
      Issue.record("a missing folder was not refused")
      return
    }
  }

  // MARK: Adapters

  private func adapter(
    _ name: String, module: String = "layer.0", rank: Int = 2, alpha: Double = 4,
    inputs: Int = 10, outputs: Int = 20, a: [Float]? = nil
  ) throws -> Rejection? {
    let path = try WeightFolder.writeAdapter(
      [
        (
          "base_model.model.\(module).lora_A.weight", [rank, inputs],
          a ?? WeightFolder.normal(rank * inputs, 5, scale: 0.1)
        ),
        (
          "base_model.model.\(module).lora_B.weight", [outputs, rank],
          WeightFolder.normal(outputs * rank, 6, scale: 0.1)
        ),
      ],
      configuration: AdapterConfiguration(rank: rank, alpha: alpha, targetModules: [module]),
      in: folder, name)
    return verdict(path)
  }

  @Test func fittingAdapterIsAccepted() throws { #expect(try adapter("good") == nil) }

  @Test func adapterOfAnotherShapeModuleOrRankIsRefused() throws {
    #expect(
      try adapter("shape", inputs: 9)
        == .wrongShape(
          tensor: "base_model.model.layer.0.lora_A.weight", expected: [2, 10], found: [2, 9]))
    #expect(
      try adapter("swapped", inputs: 20, outputs: 10)?.code == "wrong_shape")
    #expect(try adapter("module", module: "layer.7")?.code == "unsuitable_adapter")
    #expect(try adapter("rank", rank: 257)?.code == "unsuitable_adapter")
  }

  @Test func adapterThatIsNotFiniteOverflowsOrDoesNothingIsRefused() throws {
    let values = WeightFolder.normal(20, 5)
    #expect(
      try adapter("nan", a: values.map { _ in .nan }) == .nonFinite(tensor: "layer.0.weight"))
    #expect(
      try adapter("overflow", alpha: 1e6, a: values.map { $0 * 1e37 })?.gate == 7)
    #expect(try adapter("zero", a: values.map { _ in 0 }) == .unchanged)
    #expect(try adapter("loud", alpha: 4_000)?.gate == 8)
  }

  @Test func adapterWithoutItsOtherHalfIsRefused() throws {
    let path = try WeightFolder.writeAdapter(
      [("base_model.model.layer.0.lora_A.weight", [2, 10], WeightFolder.normal(20, 5))],
      configuration: AdapterConfiguration(rank: 2, alpha: 4, targetModules: ["layer.0"]),
      in: folder, "half-adapter")
    #expect(verdict(path)?.gate == 6)
  }

  @Test func baseThatIsNotFiniteIsAnError() throws {
    var tensors = Self.tensors
    tensors[2].values[1] = .nan
    let path = try WeightFolder.write(tensors, in: folder, "broken")
    let broken = try BaseModel(folder: path, weights: WeightSet.open(folder: path))
    #expect(throws: FederationError.baseNotFinite(folder: path, tensor: "layer.1.bias")) {
      try CandidateGates(base: broken, pool: pool)
    }
  }
}
