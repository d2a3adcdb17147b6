import Foundation
import GenkiCore
import GenkiTensor

/// How a worker process of one side is started.
package struct PeerCommand: Sendable {
  /// Who measures: `genki` or `torch`.
  package let side: String
  package let program: String
  package let arguments: [String]
  /// Variables besides ours.
  package let environment: [String: String]

  package init(
    side: String, program: String, arguments: [String], environment: [String: String] = [:]
  ) {
    self.side = side
    self.program = program
    self.arguments = arguments
    self.environment = environment
  }

  /// Our worker: this very program.
  package static func genki(
    _ workload: Workload, inputs: MeasureInputs, threads: Int, kernel: ProductKernel
  ) -> PeerCommand {
    PeerCommand(
      side: "genki",
      program: "/proc/\(ProcessInfo.processInfo.processIdentifier)/exe",
      arguments: [
        "worker", workload.name, "--threads", "\(threads)", "--compute", kernel.rawValue,
      ] + inputs.arguments)
  }

  /// The script beside PyTorch's that does the work of a tokenizer.
  private static let tokenizersScript = "tokenizers_peer.py"

  /// The script beside PyTorch's that decodes with llama.cpp.
  private static let llamaScript = "llama_peer.py"

  /// Whom we are measured beside.
  package enum Other: String, Sendable, CaseIterable {
    /// PyTorch; its tokenizers where the workload is about them.
    case torch
    /// llama.cpp, which decodes.
    case llama
  }

  /// Where inductor keeps what it has compiled, below the models' cache.
  private static let compiledFolder = "inductor"

  /// The other side's worker: the script with the workload as one argument.
  package static func other(
    _ workload: Workload, beside other: Other = .torch, python: String, script: String,
    setting: PeerSetting, inputs: MeasureInputs, threads: Int
  ) throws -> PeerCommand {
    if other == .llama {
      guard case .decoding = workload.task else {
        throw BenchmarkError.notDecoding(workload.name)
      }
    }
    let folders = try CachedModel(workload: workload, inputs: inputs)
    var script = script
    var side = other.rawValue
    func beside(_ name: String) -> String {
      URL(filePath: script).deletingLastPathComponent().appending(path: name).path
    }
    if other == .llama { script = beside(llamaScript) }
    switch workload.task {
    case .tokenization:
      side = "tokenizers"
      script = beside(tokenizersScript)
    case .aggregation: side = "numpy"
    case .training, .evaluation, .decoding, .adapters: break
    }
    return PeerCommand(
      side: side, program: python,
      arguments: [
        script, "--dtype", setting.dataType.rawValue, "--mode", setting.mode.rawValue, "--workload",
        workload.specification(folders, threads: threads).encoded(),
      ],
      environment: [
        "OMP_NUM_THREADS": "\(threads)", "MKL_NUM_THREADS": "\(threads)",
        "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1", "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "RAYON_NUM_THREADS": "\(threads)",
        "TORCHINDUCTOR_CACHE_DIR": "\(inputs.cache)/\(compiledFolder)",
        "TORCHINDUCTOR_COMPILE_THREADS": "\(threads)",
      ])
  }
}
