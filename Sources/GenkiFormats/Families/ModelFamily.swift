import GenkiCore

/// A family of models, as `model_type` names it: how its `config.json` reads and is written, and of which
/// parts its models are made.
///
/// Each family is a file of this folder and a line of `all`; docs/develop.md shows how one is added.
public struct ModelFamily: Sendable, Equatable {
  /// The `model_type`.
  public let name: String
  /// The class that transformers uses for it.
  public let architecture: String
  /// Reads what is the family's own; the reader has been seen to be of this family.
  let read: @Sendable (ConfigurationReader) throws -> ModelConfiguration
  /// Writes what is the family's own, in the keys of transformers 4, which transformers 5 reads too.
  let write: @Sendable (ModelConfiguration, inout JSONObject) -> Void
  /// The parts of a model of this configuration, under the names of the family's files.
  package let parts: @Sendable (ModelConfiguration) -> ModelParts
  /// Ends of names of tensors that published files hold beside the weights: causal masks and rotary
  /// tables, which follow from the configuration.
  let buffers: [String]

  init(
    _ name: String, architecture: String, buffers: [String] = [".rotary_emb.inv_freq"],
    read: @escaping @Sendable (ConfigurationReader) throws -> ModelConfiguration,
    write: @escaping @Sendable (ModelConfiguration, inout JSONObject) -> Void,
    parts: @escaping @Sendable (ModelConfiguration) -> ModelParts
  ) {
    self.name = name
    self.architecture = architecture
    self.buffers = buffers
    self.read = read
    self.write = write
    self.parts = parts
  }

  /// Every family that is computed here.
  public static let all: [ModelFamily] = [
    .gptNeo, .gpt2, .gptNeoX, .llama, .mistral, .qwen2, .qwen3, .smolLM3, .olmo2, .gemma3Text,
    .phi3,
    .granite,
  ]

  /// The names of all, for messages.
  static var names: String { all.map(\.name).joined(separator: ", ") }

  /// Families are the same if their names are.
  public static func == (left: ModelFamily, right: ModelFamily) -> Bool { left.name == right.name }

  /// Whether a tensor of a file of this family follows from the configuration.
  package func isBuffer(_ tensor: String) -> Bool { buffers.contains { tensor.hasSuffix($0) } }
}
