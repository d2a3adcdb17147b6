import GenkiService

/// What an operator would write into the files.
extension World {
  static let license = "cc-by-4.0"

  func minerConfiguration(_ coordinator: String) -> MinerConfiguration {
    var result = MinerConfiguration(defaults: DefaultPaths(role: .miner, environment: [:]))
    result.round.coordinator = coordinator
    result.publish.name = "model"
    result.publish.license = Self.license
    result.publish.description = "Words | \"of\" a scenario\n---\n"
    result.hub.oldRepositories = options.oldRepositories
    result.hub.keepRounds = 1
    result.compute.threads = 1
    return result
  }

  func configuration(
    validator index: Int, _ coordinator: String
  ) -> ValidatorConfiguration {
    var result = ValidatorConfiguration(defaults: DefaultPaths(role: .validator, environment: [:]))
    result.round.coordinator = coordinator
    result.round.base = models.base(options.baseType)
    result.round.publishBF16 = options.publishesBF16
    result.aggregation.dtype = options.damaType
    result.hub.oldRepositories = options.oldRepositories
    result.hub.keepRounds = 1
    result.round.lengthBlocks = Self.lengthBlocks
    result.round.revealBlocks = Self.revealBlocks
    result.round.evaluationDelayBlocks = 2
    result.round.lastRound = options.rounds + 1
    result.round.submissionBytesMaximum = 300_000
    result.evaluation.data =
      index == 1 && options.otherValidationSet
      ? [models.folder.file("common.txt")] : models.validationFiles
    result.evaluation.blockSize = TinyModels.blockSize
    result.evaluation.windowsMaximum = 24
    result.evaluation.probeWindows = 6
    result.scoring.stepSize = 0.5
    result.compute.threads = 1
    return result
  }
}
