import GenkiFormats
import GenkiModel

extension EvaluationSession {
  /// What the program itself, its libraries and the tokenizer take.
  private static let processBytes = 48 << 20

  /// The memory that scoring a round takes beyond mapped files, known from the base's configuration:
  /// one model, the evaluator's activations, and the changes of predictions that are compared.
  ///
  /// - Parameters:
  ///   - rows: Windows that are evaluated together.
  ///   - candidates: Models that are compared.
  ///   - probeTokens: Positions on which they are.
  public static func plannedBytes(
    configuration: ModelConfiguration, blockSize: Int, rows: Int = 8, threads: Int,
    candidates: Int, probeTokens: Int
  ) -> Int {
    let kept = FunctionalSimilarity.keptBytes(
      vocabularySize: configuration.vocabularySize, models: candidates, positions: probeTokens)
    return processBytes + kept
      + Evaluator.plannedBytes(
        configuration: configuration, blockSize: blockSize, rowsMaximum: rows, threads: threads)
  }
}
