import GenkiCore
import GenkiDemo
import GenkiReport
import Testing

@Suite struct DemoFiguresTests {
  private func round(copierScore: Double = 0, honestScore: Double = 0.03) -> DemoFigures {
    var figures = DemoFigures()
    for (name, score) in [("shakespeare", honestScore), ("jargon", 0.01), ("copier", copierScore)] {
      var candidate = DemoFigures.Candidate(
        name: name, hotkey: "5\(name)", role: name == "copier" ? "copier" : "honest",
        text: name, method: "full")
      candidate.score = score
      candidate.isAccepted = true
      candidate.deltaLoss = score
      candidate.similarity = 0
      figures.candidates.append(candidate)
    }
    figures.losses = [
      RoundReport.TextLoss(text: "shakespeare", base: 4.5, dama: 4.25, isTrainedOn: true),
      RoundReport.TextLoss(text: "devils-dictionary", base: 5, dama: 5.5, isTrainedOn: false),
    ]
    figures.phases = [RoundReport.Phase(name: "base", seconds: 2)]
    figures.damaDigest = "da3a"
    figures.isVerified = true
    figures.shareWeights()
    return figures
  }

  @Test func weightsAreSharesOfTheScores() {
    let weights = round().candidates.map(\.weight)
    #expect((weights[0] - 0.75).magnitude < 1e-12)
    #expect((weights[1] - 0.25).magnitude < 1e-12)
    #expect(weights[2] == 0)
  }

  @Test func nobodyHasAWeightWhenAllScoresAreZero() {
    var figures = DemoFigures()
    figures.candidates = [
      DemoFigures.Candidate(name: "a", hotkey: "", role: "honest", text: "", method: "")
    ]
    figures.shareWeights()
    #expect(figures.candidates.map(\.weight) == [0])
  }

  @Test func aRoundAsItShouldBeHasNoProblems() { #expect(round().problems == []) }

  @Test func aPaidCopierAnUnpaidMinerAndAWorseDamaAreProblems() {
    #expect(round(copierScore: 1e-9).problems.count == 1)
    #expect(round(honestScore: 0).problems.count == 1)
    var figures = round()
    figures.losses[0].dama = 4.75
    figures.isVerified = false
    #expect(figures.problems.count == 2)
  }

  @Test func theDocumentHasTheKeysThatScriptsReadAndTheReportReadsItsOwn() throws {
    let document = round().json
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
    #expect(!document.encoded().contains("\n"))
    #expect(try RoundReport(json: round().report.json) == round().report)
  }
}
