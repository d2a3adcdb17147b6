import GenkiCore
import GenkiFederation
import GenkiFormats
import TestSupport
import Testing

/// Models that take turns in one session's memory.
struct EvaluationSessionTests {
  @Test func aModelsLossDoesNotDependOnWhoWasLoadedBefore() throws {
    let round = try TinyRound.shared.get()
    let base = try BaseModel.open(folder: round.base)
    let sets = TinyRound.heldOut()
    let models = try ["a", "c-lora", "b"].map {
      try Candidate.open(folder: round.folder.file($0), base: base).get()
    }
    func fresh(_ load: (EvaluationSession) throws -> Void) throws -> [LossProfile] {
      let session = try EvaluationSession(base: base, rows: 24, threads: 2)
      try load(session)
      return try session.losses(sets)
    }
    let ofBase = try fresh { try $0.loadBase() }
    let ofModels = try models.map { model in try fresh { try $0.load(model, step: 0.5) } }
    #expect(Set(ofModels.map { $0.map(\.loss) }).count == models.count)

    let session = try EvaluationSession(base: base, rows: 24, threads: 2)
    for order in [[1, 1, 0, 1], [0, 2, 1], [1, 2]] {
      for index in order {
        try session.load(models[index], step: 0.5)
        #expect(try session.losses(sets) == ofModels[index])
      }
      try session.loadBase()
      #expect(try session.losses(sets) == ofBase)
    }
  }
}
