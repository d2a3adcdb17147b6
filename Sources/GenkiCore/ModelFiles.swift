/// The names of a model's files in Hugging Face layout: the one list for every hop of a model, from a
/// base through finetune, submission, fetch and merge to the next base.
public enum ModelFiles {
  /// A model's configuration.
  public static let configuration = "config.json"
  /// A model's weights in one file.
  public static let weights = "model.safetensors"
  /// What lies in which shard where the weights are several files.
  public static let shardIndex = "model.safetensors.index.json"
  /// An adapter's configuration.
  public static let adapterConfiguration = "adapter_config.json"
  /// An adapter's weights.
  public static let adapterWeights = "adapter_model.safetensors"

  /// The tokenizer in one file; a base must have it, or the two of GPT-2's kind.
  public static let tokenizer = "tokenizer.json"
  /// Settings of the tokenizer, and tokens that it has beyond its own file.
  public static let tokenizerSettings = "tokenizer_config.json"
  /// Tokens with names (begin, end, padding), as older programs wrote them.
  public static let specialTokensMap = "special_tokens_map.json"
  /// Tokens beyond the vocabulary, as older programs wrote them.
  public static let addedTokens = "added_tokens.json"
  /// GPT-2's kind of tokenizer in two files, where there is no other.
  public static let vocabulary = "vocab.json"
  /// The merges that belong to it.
  public static let merges = "merges.txt"
  /// What may lie beside it: settings, and the parts that older programs read.
  public static let tokenizerParts = [
    tokenizer, tokenizerSettings, specialTokensMap, addedTokens, vocabulary, merges,
  ]
  /// How conversations are written, where it is not in the tokenizer's settings.
  public static let chatTemplate = "chat_template.jinja"
  /// How texts are sampled and what ends one.
  public static let generation = "generation_config.json"

  /// What lies beside weights and configuration and is handed on unchanged at every hop.
  public static let companions = tokenizerParts + [chatTemplate, generation]

  /// No companion is larger.
  public static let companionBytesMaximum = 64 << 20
  /// No configuration is larger.
  public static let configurationBytesMaximum = 4 << 20
}
