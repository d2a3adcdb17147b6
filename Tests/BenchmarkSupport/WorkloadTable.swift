import GenkiFormats

/// All workloads, and their goals.
package enum WorkloadTable {
  private static let queryAndValue = Workload.AdapterShape(
    rank: 8, alpha: 16, modules: ["q_proj", "v_proj"])

  /// Beside PyTorch in float32, eager.
  private static func plain(_ minimum: Double, _ aim: Double, gigabytes: Double) -> Workload.Goal {
    Workload.Goal(
      beside: .plain, ratioMinimum: minimum, ratioAim: aim,
      memory: .bytes(Int(gigabytes * 1e9)))
  }

  /// Beside the best that PyTorch can do; our memory as a share of its.
  private static func best(
    _ minimum: Double, _ aim: Double? = nil, memoryShare: Double
  ) -> Workload.Goal {
    Workload.Goal(
      beside: .best, ratioMinimum: minimum, ratioAim: aim, memory: .share(memoryShare))
  }

  /// The workloads that PyTorch is compared on.
  package static let compared: [Workload] = [
    Workload(
      "demo-full", .demo, .training(rows: 16, blockSize: 128, adapter: nil),
      goals: [plain(1.5, 3, gigabytes: 0.2)]),
    Workload(
      "tinystories-1m-full", .tinyStories1M, .training(rows: 1024, blockSize: 16, adapter: nil),
      goals: [plain(2.8, 4.5, gigabytes: 0.8)]),
    Workload(
      "tinystories-1m-evaluation", .tinyStories1M, .evaluation(rows: 1024, blockSize: 16),
      goals: [plain(2.2, 4, gigabytes: 0.4)]),
    Workload(
      "tinystories-33m-full", .tinyStories33M, .training(rows: 8, blockSize: 256, adapter: nil),
      goals: [plain(1.3, 2.5, gigabytes: 2)]),
    Workload(
      "gpt2-full", .gpt2, .training(rows: 4, blockSize: 256, adapter: nil),
      goals: [plain(1.35, 2.5, gigabytes: 3.2)]),
    Workload(
      "gpt2-full-short", .gpt2, .training(rows: 4, blockSize: 64, adapter: nil),
      goals: [plain(1.45, 2.5, gigabytes: 2.5)]),
    Workload(
      "gpt2-evaluation", .gpt2, .evaluation(rows: 4, blockSize: 256),
      goals: [plain(1.3, 2.5, gigabytes: 0.8)]),
    Workload(
      "smollm2-lora", .smolLM2, .training(rows: 4, blockSize: 256, adapter: queryAndValue),
      goals: [plain(1.2, 2.4, gigabytes: 1.8), best(1.4, memoryShare: 0.5)]),
    Workload(
      "smollm2-evaluation", .smolLM2, .evaluation(rows: 4, blockSize: 256),
      goals: [plain(1.3, 2.5, gigabytes: 0.8), best(1.4, memoryShare: 0.5)]),
    Workload(
      "smollm2-decoding", .smolLM2, .decoding(promptTokens: 16, newTokens: 64),
      goals: [plain(1.8, 4, gigabytes: 0.7)]),
    Workload(
      "gemma3-lora", .gemma3, .training(rows: 4, blockSize: 256, adapter: queryAndValue),
      goals: [best(1.5, 2, memoryShare: 0.5)]),
    Workload(
      "gemma3-evaluation", .gemma3, .evaluation(rows: 4, blockSize: 256),
      goals: [best(1.5, 2, memoryShare: 0.5)]),
    // Its speed is stated, not promised.
    Workload("gemma3-decoding", .gemma3, .decoding(promptTokens: 16, newTokens: 64)),
    Workload(
      "pythia-full", .pythia, .training(rows: 4, blockSize: 256, adapter: nil),
      goals: [best(1.3, 1.5, memoryShare: 0.75)]),
  ]

  /// Workloads that are compared with each other.
  private static let ladders: [Workload] =
    [
      // A batch small enough to try a change on.
      Workload(
        "tinystories-1m-small", .tinyStories1M, .training(rows: 64, blockSize: 16, adapter: nil))
    ]
    // Tokens per second by the number of rows of a batch.
    + [64, 256, 1024, 4096].map {
      Workload(
        "row-scaling-\($0)", .tinyStories1M, .training(rows: $0, blockSize: 16, adapter: nil))
    }
    // Beside numpy, which is one thread and does not bound norms.
    + [
      Workload(
        "aggregation-25m", .gpt2Small, .aggregation(models: 10, weights: 25_066_496)),
      Workload("aggregation-125m", .gpt2, .aggregation(models: 10, weights: 124_439_808)),
    ]
    // What one session for all adapters saves.
    + [("adapters-on-one-base", true), ("adapters-one-by-one", false)].map { name, together in
      Workload(
        name, .smolLM2, .adapters(adapters: 4, rows: 4, blockSize: 256, together: together))
    }
    // Decoding alone, and the reading of a prompt, by the type of the weights; beside llama.cpp.
    + [TensorType.F32, .BF16, .F16].flatMap { type in
      [
        Workload(
          "decoding-\(type.configurationName)", .smolLM2,
          .decoding(promptTokens: 1, newTokens: 128, stored: type)),
        Workload(
          "prompt-\(type.configurationName)", .smolLM2,
          .decoding(promptTokens: 512, newTokens: 1, stored: type)),
      ]
    }
    + [TensorType.BF16, .F16].map { type in
      Workload(
        "gemma3-decoding-\(type.configurationName)", .gemma3,
        .decoding(promptTokens: 16, newTokens: 64, stored: type))
    }
    // Beside one thread of Hugging Face's tokenizers.
    + [Workload("tokenizer", nil, .tokenization(bytes: 1_100_000), threads: 1)]
    + ["tinystories-1m-full", "gpt2-full", "smollm2-lora"].compactMap { name in
      compared.first { $0.name == name }.map {
        Workload("\(name)-one-thread", $0.shape, $0.task, threads: 1)
      }
    }

  /// Every workload.
  package static let all = compared + ladders

  /// The workloads of these names; none means `compared`, `all` means every one.
  ///
  /// - Throws: `BenchmarkError.unknownWorkload`.
  package static func named(_ names: [String]) throws -> [Workload] {
    if names.isEmpty { return compared }
    if names == ["all"] { return all }
    return try names.map { name in
      guard let workload = all.first(where: { $0.name == name }) else {
        throw BenchmarkError.unknownWorkload(name)
      }
      return workload
    }
  }
}
