import GenkiCore

extension ModelConfiguration {
  /// The `config.json` of this model, in the keys of transformers 4, which transformers 5 reads too.
  ///
  /// Reading it back gives an equal configuration. `type` is the storage type of the weights.
  public func encoded(type: TensorType = .F32) -> JSONValue {
    var object: JSONObject = [
      "architectures": [.string(family.architecture)],
      "model_type": .string(family.name),
      "torch_dtype": .string(type.configurationName),
      "vocab_size": JSONValue(vocabularySize),
    ]
    family.write(self, &object)
    object["initializer_range"] = .number(initializerRange)
    object["tie_word_embeddings"] = .bool(tiedHead)
    object["use_cache"] = true
    object["bos_token_id"] = beginTokenID.map { JSONValue($0) } ?? .null
    object["eos_token_id"] =
      endTokenIDs.count > 1
      ? .array(endTokenIDs.map { JSONValue($0) })
      : endTokenIDs.first.map { JSONValue($0) } ?? .null
    object["pad_token_id"] = padTokenID.map { JSONValue($0) } ?? (frozenInputID == nil ? .null : -1)
    return .object(object)
  }
}
