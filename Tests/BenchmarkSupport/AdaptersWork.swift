import GenkiFederation
import GenkiModel
import GenkiTensor

/// The losses of several adapters on one base, all in one session or each in a session of its own;
/// sessions are made anew in every step.
package struct AdaptersWork: MeasuredWork {
  private let base: BaseModel
  private let adapters: [Candidate]
  private let vocabularySize: Int
  private let rows: Int
  private let blockSize: Int
  private let together: Bool
  private let threads: Int
  private let kernel: ProductKernel
  private var sets: [EvaluationSet] = []

  init(
    _ folders: CachedModel, adapters: Int, rows: Int, blockSize: Int, together: Bool, threads: Int,
    kernel: ProductKernel
  ) throws {
    let base = try BaseModel.open(folder: folders.model)
    self.base = base
    self.adapters = try (0..<adapters).map {
      try Candidate.open(folder: folders.candidateAdapter($0), base: base).get()
    }
    vocabularySize = folders.vocabularySize
    self.rows = rows
    self.blockSize = blockSize
    self.together = together
    self.threads = threads
    self.kernel = kernel
  }

  package mutating func prepare(step: Int) {
    let windows = TokenStream.batch(
      step: step, rows: rows, blockSize: blockSize, vocabularySize: vocabularySize)
    sets = [EvaluationSet(name: "windows", windows: windows)]
  }

  package mutating func perform() throws -> StepOutcome {
    var losses = 0.0
    if together {
      let session = try session()
      for adapter in adapters { losses += try loss(of: adapter, in: session) }
    } else {
      for adapter in adapters { losses += try loss(of: adapter, in: session()) }
    }
    return StepOutcome(loss: losses / Double(adapters.count))
  }

  private func session() throws -> EvaluationSession {
    try EvaluationSession(base: base, rows: rows, threads: threads, kernel: kernel)
  }

  private func loss(of adapter: Candidate, in session: EvaluationSession) throws -> Double {
    try session.load(adapter, step: 1)
    return try session.losses(sets).reduce(0) { $0 + $1.loss }
  }
}
