import GenkiCore

extension Workload {
  /// What another program needs to do the same work.
  package func specification(_ folders: CachedModel, threads: Int) -> JSONValue {
    var object: JSONObject = ["threads": JSONValue(threads)]
    if shape != nil {
      object["model"] = .string(folders.model)
      object["vocabulary"] = JSONValue(folders.vocabularySize)
    }
    switch task {
    case .training(let rows, let blockSize, _):
      object["task"] = "training"
      object["rows"] = JSONValue(rows)
      object["block_size"] = JSONValue(blockSize)
      object["adapter"] = JSONValue(folders.adapter)
      object["learning_rate"] = .number(TrainingWork.learningRate)
      object["beta1"] = .number(TrainingWork.optimizer.beta1)
      object["beta2"] = .number(TrainingWork.optimizer.beta2)
      object["epsilon"] = .number(TrainingWork.optimizer.epsilon)
      object["weight_decay"] = .number(TrainingWork.optimizer.weightDecay)
    case .evaluation(let rows, let blockSize):
      object["task"] = "evaluation"
      object["rows"] = JSONValue(rows)
      object["block_size"] = JSONValue(blockSize)
    case .decoding(let promptTokens, let newTokens, let stored):
      object["task"] = "decoding"
      object["prompt_tokens"] = JSONValue(promptTokens)
      object["new_tokens"] = JSONValue(newTokens)
      object["stored"] = .string(stored.configurationName)
    case .aggregation(let models, _):
      object["task"] = "aggregation"
      object["models"] = .array((0..<models).map { .string(folders.candidate($0)) })
      object["scores"] = .array(AggregationWork.scores(models).map { JSONValue(Int($0)) })
    case .adapters(let adapters, let rows, let blockSize, let together):
      object["task"] = "adapters"
      object["rows"] = JSONValue(rows)
      object["block_size"] = JSONValue(blockSize)
      object["together"] = .bool(together)
      object["adapters"] = .array((0..<adapters).map { .string(folders.candidateAdapter($0)) })
    case .tokenization:
      object["task"] = "tokenization"
      object["tokenizer"] = .string(folders.tokenizer)
      object["text"] = .string(folders.text)
    }
    return .object(object)
  }
}
