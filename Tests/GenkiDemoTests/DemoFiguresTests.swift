import GenkiCore
import GenkiDemo
import GenkiReport
import Testing

@Suite struct DemoFiguresTests {
  private func round(copierScore: Double = 0, honestScore: Double = 0.03) -> RoundFigures {
    var figures = RoundFigures(number: 1)
    let sum = copierScore + honestScore + 0.01
    for (name, score) in [("shakespeare", honestScore), ("jargon", 0.01), ("insider", copierScore)]
    {
      var candidate = RoundFigures.Candidate(
        name: name, hotkey: "5\(name)", role: name == "insider" ? "copier" : "honest",
        text: name, method: "full")
      candidate.score = score
      candidate.scores = [score, score]
      candidate.weight = score / sum
      candidate.verdict = "accepted"
      candidate.deltaLoss = score
      candidate.similarity = 0
      figures.candidates.append(candidate)
    }
    figures.damaDigest = "da3a"
    figures.validators = ["coordinator", "verifier"].map { name in
      var validator = RoundFigures.Validator(name: name, hotkey: "5\(name)")
      validator.isVerified = true
      validator.damaDigest = "da3a"
      validator.weights = ["5shakespeare": 0.75, "5jargon": 0.25]
      return validator
    }
    figures.losses = [
      RoundReport.TextLoss(text: "shakespeare", base: 4.5, dama: 4.25, isTrainedOn: true),
      RoundReport.TextLoss(text: "devils-dictionary", base: 5, dama: 5.5, isTrainedOn: false),
    ]
    return figures
  }

  private func demo() -> DemoFigures {
    var figures = DemoFigures()
    figures.rounds = [round(), round()]
    figures.prompt = "The king"
    figures.samples = ["a", "b", "c"]
    figures.phases = [RoundReport.Phase(name: "base", seconds: 2)]
    return figures
  }

  @Test func aRoundAsItShouldBeHasNoProblems() {
    #expect(round().problems == [])
    #expect(round().isVerified)
    #expect(demo().problems == [])
  }

  @Test func aDemoWithoutARoundIsAProblem() { #expect(DemoFigures().problems.count == 1) }

  @Test func aPaidCopierAndAnUnpaidMinerAreProblems() {
    #expect(round(copierScore: 1e-9).problems.count == 1)
    #expect(round(honestScore: 0).problems.count == 1)
  }

  @Test func aCopierThatOneValidatorPaysIsAProblem() {
    var figures = round()
    figures.validators[1].weights["5insider"] = 0.01
    #expect(figures.problems.count == 1)
  }

  @Test func validatorsThatDisagreeAreAProblem() {
    var figures = round()
    figures.candidates[1].scores = [0.01, 0.010001]
    #expect(figures.problems.count == 1)
    figures.validators[1].damaDigest = "other"
    #expect(figures.problems.count == 2)
    #expect(!figures.isVerified)
  }

  @Test func aDamaThatIsWorseOrNotVerifiedIsAProblem() {
    var figures = round()
    figures.losses[0].dama = 4.75
    figures.validators[0].isVerified = false
    figures.validators[0].differences = ["another SHA-256"]
    #expect(figures.problems.count == 2)
    #expect(figures.problems.contains { $0.contains("another SHA-256") })
  }

  @Test func theDocumentHasTheKeysThatScriptsRead() throws {
    let document = demo().json
    for key in ["round", "base_loss", "dama_loss", "miners", "dama_sha256", "rounds", "seconds"] {
      #expect(document[key] != nil, "\(key)")
    }
    let miner = try #require(document["miners"]?.arrayValue?.first)
    for key in ["hotkey", "role", "text", "delta_loss", "data_similarity", "score", "weight"] {
      #expect(miner[key] != nil, "\(key)")
    }
    #expect(document["base_loss"]?["shakespeare"]?.doubleValue == 4.5)
    #expect(document["dama_loss"]?["devils-dictionary"]?.doubleValue == 5.5)
    #expect(document["seconds"]?["total"]?.doubleValue == 2)
    #expect(document["rounds"]?.arrayValue?.count == 2)
    let second = try #require(document["rounds"]?.arrayValue?.last)
    #expect(second["verified_by"]?.arrayValue?.count == 2)
    #expect(second["validators"]?.arrayValue?.first?["weights"]?["5jargon"]?.doubleValue == 0.25)
    #expect(!document.encoded().contains("\n"))
  }

  @Test func eachRoundsPageShowsItsBaseAndItsDama() throws {
    let reports = [0, 1].map { demo().report($0) }
    #expect(reports[0].samples.map(\.base) == ["a"])
    #expect(reports[1].samples.map(\.base) == ["b"])
    #expect(reports[1].samples.map(\.dama) == ["c"])
    #expect(try RoundReport(json: reports[1].json) == reports[1])
  }
}
