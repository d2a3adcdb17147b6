import Foundation
import GenkiCore
import GenkiFormats
import GenkiTensor

/// A causal language model: its configuration and its weights in one flat float32 buffer, and the LoRA
/// adapter that is attached to it, if any.
///
/// A model is not safe to change while a session computes with it; it belongs to one thread at a time.
public final class LanguageModel: @unchecked Sendable {
  /// The largest number of parameters that is accepted.
  public static let parametersMaximum = 1 << 36

  /// The shape and constants.
  public let configuration: ModelConfiguration
  /// All weights, flat; `parameters` says what lies where. Gaps between parameters are zero. Valid as
  /// long as the model lives.
  public let weights: UnsafeMutableBufferPointer<Float>
  /// The attached adapter.
  public private(set) var adapter: Adapter?
  let layout: ModelLayout
  let weightBase: UnsafeMutablePointer<Float>
  private let storage: Arena

  /// Names, shapes and places of the weights, in the family's usual order.
  public var parameters: [Parameter] { layout.parameters }
  /// The number of weights, without gaps.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// A model whose weights are all zero.
  ///
  /// - Throws: `ModelError.tooLarge`, `TensorError.outOfMemory`.
  public init(configuration: ModelConfiguration) throws {
    self.configuration = configuration
    layout = ModelLayout(configuration)
    guard layout.elementCount <= Self.parametersMaximum else {
      throw ModelError.tooLarge(parameters: "\(layout.elementCount)")
    }
    storage = try Arena(byteCount: Arena.bytes(layout.elementCount, of: Float.self))
    weights = storage.take(layout.elementCount)
    guard let base = weights.baseAddress else { throw ModelError.empty("the model") }
    weightBase = base
  }

  /// The same weights in memory of their own, without the adapter.
  public func copy() throws -> LanguageModel {
    let other = try LanguageModel(configuration: configuration)
    other.weightBase.update(from: weightBase, count: layout.elementCount)
    return other
  }

  /// The tensors that a model of this configuration has, in the family's usual order.
  public static func expectedTensors(
    configuration: ModelConfiguration
  ) -> [(name: String, shape: [Int])] {
    ModelLayout(configuration).parameters.map { ($0.name, $0.shape) }
  }

  /// Those of them that are stored [inputs, outputs], as GPT-2's Conv1D has them.
  public static func transposedTensors(configuration: ModelConfiguration) -> Set<String> {
    Set(
      configuration.parts.blocks.flatMap(\.linears).filter(\.isTransposed)
        .map { $0.path + ".weight" })
  }

  /// The weights of one parameter, valid as long as the model lives.
  public func values(of parameter: Parameter) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: weights[parameter.range])
  }

  /// Fresh weights: normal with the configuration's range, norms the identity, biases zero; GPT-2's projections
  /// into the residual stream are smaller by √(2 · layers), as its authors do.
  public func initialize(seed: UInt64) {
    for (parameter, fresh) in zip(parameters, layout.fresh) {
      let values = values(of: parameter)
      switch fresh {
      case .constant(let value): values.update(repeating: value)
      case .normal(let scale):
        let range = configuration.initializerRange * scale
        var random = DeterministicRandom(seed: seed, domain: "genki-dama/init/" + parameter.name)
        for index in values.indices { values[index] = Float(random.gaussian() * range) }
      }
    }
  }

  /// Attaches a fresh adapter for training: A random, B zero, so that the model does not change yet.
  ///
  /// - Throws: `ModelError.noAdapterTargets`.
  public func attachAdapter(_ configuration: AdapterConfiguration, seed: UInt64) throws {
    var configuration = configuration
    configuration.fanInFanOut = layout.linears.contains { $0.isTransposed }
    let adapter = try Adapter(configuration: configuration, layout: layout)
    adapter.initialize(seed: seed)
    self.adapter = adapter
  }

  /// Attaches an adapter whose factors are filled by the caller.
  func attach(_ adapter: Adapter) { self.adapter = adapter }

  /// Takes the adapter off.
  public func removeAdapter() { adapter = nil }
}
