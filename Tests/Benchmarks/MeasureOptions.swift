import ArgumentParser
import BenchmarkSupport
import Foundation
import GenkiConsole
import GenkiTensor

extension ProductKernel: ExpressibleByArgument {}

/// The options that all measuring commands share.
struct MeasureOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Where models are kept between runs.", valueName: "dir"))
  var cache = CachedModel.defaultFolder
  @Option(help: ArgumentHelp("The tokenizer.json of the workload 'tokenizer'.", valueName: "file"))
  var tokenizer = MeasureInputs.defaultTokenizer
  @Option(
    help: ArgumentHelp(
      "A text of the workload 'tokenizer'; can be given several times.", valueName: "file"))
  var text: [String] = MeasureInputs.defaultTexts
  @Option(help: ArgumentHelp("Worker threads of each side.", valueName: "n"))
  var threads = 2
  @Option(help: "What computes our matrix products: OpenBLAS, or our kernel in float32 or bf16.")
  var compute = ProductKernel.float32
  @Option(help: ArgumentHelp("The longest that an answer may take.", valueName: "s"))
  var turnSeconds = 600.0

  func validate() throws {
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads \(threads): 1 to 256 are possible")
    }
    guard compute.isAvailable else {
      throw ValidationError("--compute \(compute.rawValue): this processor cannot")
    }
    guard turnSeconds > 0, turnSeconds <= 86_400 else {
      throw ValidationError("--turn-seconds \(turnSeconds): more than 0 and at most a day")
    }
  }

  /// The files that workloads are measured with.
  var inputs: MeasureInputs {
    MeasureInputs(
      cache: URL(filePath: cache).standardizedFileURL.path, tokenizer: tokenizer, texts: text)
  }

  /// The threads that a workload runs with.
  func threads(of workload: Workload) -> Int { workload.threads ?? threads }
}

/// Hears Ctrl-C, so that workers are ended and the models' cache stays whole.
struct Interruptions {
  private let signals = StopSignal()

  /// Throws once a signal has come.
  func check() throws {
    guard let number = signals.signalReceived else { return }
    throw StoppedBySignal(signal: number, message: "stopped; the workers are ended")
  }
}
