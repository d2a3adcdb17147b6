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
    _ workload: Workload, cache: String, threads: Int, kernel: ProductKernel
  ) -> PeerCommand {
    PeerCommand(
      side: "genki",
      program: "/proc/\(ProcessInfo.processInfo.processIdentifier)/exe",
      arguments: [
        "worker", workload.name, "--cache", cache, "--threads", "\(threads)",
        "--compute", kernel.rawValue,
      ])
  }

  /// PyTorch's worker: the script with the workload as one argument.
  package static func torch(
    _ workload: Workload, python: String, script: String, dataType: String, cache: String,
    threads: Int
  ) throws -> PeerCommand {
    let folders = try CachedModel(workload: workload, cache: cache)
    return PeerCommand(
      side: "torch", program: python,
      arguments: [
        script, "--dtype", dataType, "--workload",
        workload.specification(folders, threads: threads).encoded(),
      ],
      environment: [
        "OMP_NUM_THREADS": "\(threads)", "MKL_NUM_THREADS": "\(threads)",
        "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false",
      ])
  }
}
