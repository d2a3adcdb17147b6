import ArgumentParser
import GenkiConsole

/// The `genki-bench` program: measures the compute module, and PyTorch beside it.
///
/// It is no part of what an operator installs: `deploy/bench` builds and runs it.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "genki-bench",
    abstract: "Measure training, evaluation and decoding, alone or in turns with PyTorch.",
    version: "genki-bench \(ProgramVersion.current)",
    subcommands: [
      ListCommand.self, RunCommand.self, CompareCommand.self, TurnsCommand.self,
      RooflineCommand.self, WorkerCommand.self,
    ])
}
