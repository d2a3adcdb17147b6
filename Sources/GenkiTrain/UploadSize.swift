import GenkiFormats
import GenkiModel

/// What the weights that a finetune makes take on disk and on the way to a hub, stored in either way.
public struct UploadSize: Sendable, Equatable {
  /// As float32, which loses nothing.
  public let float32Bytes: Int
  /// As the base's weights are stored.
  public let baseBytes: Int
  /// The base's type, as a configuration calls it.
  public let baseType: String

  /// Told from the base's configuration and the headers of its weights.
  public init(_ options: FinetuneOptions) throws {
    try self.init(options, FinetuneMemory.baseConfiguration(options.base))
  }

  init(_ options: FinetuneOptions, _ configuration: ModelConfiguration) throws {
    let types = try OutputTypes(.base, base: options.base, configuration: configuration)
    var (elements, bytes) = (0, 0)
    for (name, shape) in LanguageModel.expectedTensors(configuration: configuration) {
      let count = shape.reduce(1, *)
      elements += count
      bytes += count * types.type(of: name).bitCount / 8
    }
    baseType = types.configuration.configurationName
    if options.method == .lora {
      elements = try Self.adapterElements(options, configuration)
      bytes = elements * types.configuration.bitCount / 8
    }
    float32Bytes = elements * TensorType.F32.bitCount / 8
    baseBytes = bytes
  }

  /// What the weights take when they are stored so.
  public func bytes(_ storage: FinetuneOptions.Storage) -> Int {
    switch storage {
    case .float32: float32Bytes
    case .bfloat16, .float16: float32Bytes / 2
    case .base: baseBytes
    }
  }

  /// The elements of both factors of all modules.
  private static func adapterElements(
    _ options: FinetuneOptions, _ base: ModelConfiguration
  ) throws -> Int {
    let adapter = try TrainedAdapter(options, base)
    if let elements = adapter?.elementCount { return elements }
    guard let configuration = adapter?.configuration else { return 0 }
    return base.parts.blocks.flatMap(\.linears)
      .filter { configuration.targets($0.path) }
      .reduce(0) { $0 + options.effectiveRank * ($1.inputs + $1.outputs) }
  }
}
