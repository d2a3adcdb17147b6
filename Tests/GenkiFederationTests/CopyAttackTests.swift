import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

/// Attacks 1, 3 to 12 on really trained models: whatever is done to a copy, it earns nothing or next
/// to nothing, and honest miners are paid.
struct CopyAttackTests {
  @Test func honestMinersArePaidAndAnExactCopyIsNot() throws {
    let round = try TinyRound.shared.get()
    let report = try round.report(
      ["a", "b", "c-lora", "a"].map(round.folder.file))
    #expect(report.scores.prefix(3).allSatisfy { $0.score > 0 })
    #expect(report.scores[3].rejection == .duplicate(of: "a"))
    #expect(report.scores[3].score == 0)
    #expect(report.weights?[3] == 0)
    #expect(report.weights?.max() == 65_535)
  }

  /// What a copier does to the victim's model.
  enum Trick: String, CaseIterable {
    case halfPrecision, noise001, noise01, hiddenUnits, swappedUnits, deadRow, rescaledNorm
    case noise03, half, oneAndAHalf, opposite, trainedOn

    /// The most that may remain of the victim's score.
    var shareMaximum: Double {
      switch self {
      case .noise03: 0.01
      case .half, .oneAndAHalf: 0.03
      case .trainedOn: 0.04
      default: 0
      }
    }

    func apply(_ model: LanguageModel, base: LanguageModel) throws {
      switch self {
      case .halfPrecision:
        for index in model.weights.indices {
          let bits = model.weights[index].bitPattern
          model.weights[index] = Float(
            bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
        }
      case .noise001: model.step(from: base, by: 1, noise: 0.01)
      case .noise01: model.step(from: base, by: 1, noise: 0.1)
      case .noise03: model.step(from: base, by: 1, noise: 0.3)
      case .half: model.step(from: base, by: 0.5)
      case .oneAndAHalf: model.step(from: base, by: 1.5)
      case .opposite: model.step(from: base, by: -1)
      case .hiddenUnits:
        permuteHiddenUnits(model) {
          DeterministicRandom.permutation(count: $0, seed: 4, domain: "test/units")
        }
      case .swappedUnits: permuteHiddenUnits(model) { [1, 0, 3, 2] + Array(4..<$0) }
      case .deadRow:
        let positions = model.values(named: "transformer.wpe.weight")
        let width = model.configuration.hiddenSize
        for index in (40 * width)..<(60 * width) { positions[index] += 0.01 }
      case .rescaledNorm:
        let prefix = "transformer.h.0."
        let (norm, bias) = (
          model.values(named: prefix + "ln_2.weight"), model.values(named: prefix + "ln_2.bias")
        )
        for index in norm.indices {
          norm[index] *= 1.25
          bias[index] *= 1.25
        }
        let next = model.values(named: prefix + "mlp.c_fc.weight")
        for index in next.indices { next[index] /= 1.25 }
      case .trainedOn:
        try TinyRound.train(model, kinds: [0], steps: 12, rate: 1e-3, seed: 77)
      }
    }

    private func permuteHiddenUnits(_ model: LanguageModel, by order: (Int) -> [Int]) {
      let (width, inner) = (
        model.configuration.hiddenSize, model.configuration.intermediateSize
      )
      let order = order(inner)
      for layer in 0..<model.configuration.layerCount {
        let prefix = "transformer.h.\(layer).mlp."
        let (expand, bias, contract) = (
          model.values(named: prefix + "c_fc.weight"), model.values(named: prefix + "c_fc.bias"),
          model.values(named: prefix + "c_proj.weight")
        )
        let (oldExpand, oldBias, oldContract) = (Array(expand), Array(bias), Array(contract))
        for (unit, old) in order.enumerated() {
          bias[unit] = oldBias[old]
          for column in 0..<width {
            expand[unit * width + column] = oldExpand[old * width + column]
            contract[column * inner + unit] = oldContract[column * inner + old]
          }
        }
      }
    }
  }

  @Test(arguments: Trick.allCases) func copyEarnsNothingBesideItsVictim(trick: Trick) throws {
    let round = try TinyRound.shared.get()
    let folder = try TemporaryFolder()
    let base = try LanguageModel.load(folder: round.base)
    let copy = try round.variant(of: "a", in: folder, "copy") {
      try trick.apply($0, base: base)
    }
    let report = try round.report([round.folder.file("a"), round.folder.file("b"), copy])
    let (victim, thief) = (report.scores[0], report.scores[2])
    #expect(victim.score > 0)
    #expect(thief.score <= trick.shareMaximum * victim.score)
    // Harmless copies must be seen as copies; the others are refused or do not gain.
    #expect(
      !thief.isAccepted || thief.countedGain == 0
        || 0.95 - thief.similarity <= trick.shareMaximum)
  }

  @Test func copyTrainedOnAnotherKindOfTextIsPaidForItsNoveltyOnly() throws {
    let round = try TinyRound.shared.get()
    let folder = try TemporaryFolder()
    let copy = try round.variant(of: "a", in: folder, "copy") {
      try TinyRound.train($0, kinds: [1], steps: 6, rate: 7e-4, seed: 78)
    }
    let report = try round.report([round.folder.file("a"), round.folder.file("b"), copy])
    #expect(report.scores[2].similarity >= ScoringRules().ancestryThreshold)
    #expect(report.scores[2].score < 0.1 * report.scores[1].score)
  }

  @Test func similarityIsThatOfTheRoundWithoutVerdicts() throws {
    let round = try TinyRound.shared.get()
    let run = try ScoreRun(session: round.session(), limits: .unbounded)
    let names = ["a", "b", "a", "base"]
    let entries = names.enumerated().map { place, name in
      ScoreRun.Entry(
        name: name, folder: round.folder.file(name), order: OrderKey(position: place))
    }
    let matrix = try run.similarity(entries, probe: TinyRound.heldOut(rows: 12, seed: 6_000))
    #expect(matrix[0, 2] == 1)
    #expect(matrix[0, 1] == matrix[1, 0] && matrix[0, 1] < 0.85)
    #expect(matrix[3, 0] == 0)
    #expect((0..<4).allSatisfy { matrix[$0, $0] == 1 })
  }

  @Test func probeBlocksChangeNoBit() throws {
    let round = try TinyRound.shared.get()
    let session = try round.session()
    let candidates = try ["a", "b", "c-lora"].map {
      try Candidate.open(folder: round.folder.file($0), base: session.base).get() as Candidate?
    }
    let probe = TinyRound.heldOut(rows: 20, seed: 6_000)
    let whole = try FunctionalSimilarity.measured(candidates, probe: probe, session: session)
    let parts = try FunctionalSimilarity.measured(
      candidates, probe: probe, session: session, memoryBytes: 1)
    #expect(whole.products == parts.products)
    #expect(whole.positions == 3 * 20 * TinyRound.blockSize)
  }

  @Test func copyInAnotherStorageTypeIsRefused() throws {
    let round = try TinyRound.shared.get()
    let folder = try TemporaryFolder()
    let copy = try round.variant(of: "a", in: folder, "copy", type: .BF16) { _ in }
    let score = try round.report([copy]).scores[0]
    guard case .wrongType = score.rejection else {
      Issue.record("expected a wrong type, found \(String(describing: score.rejection))")
      return
    }
  }

  @Test func adapterPublishedAsAFullModelEarnsNothing() throws {
    let round = try TinyRound.shared.get()
    let folder = try TemporaryFolder()
    let job = AggregationJob(
      baseFolder: round.base, models: [.init(folder: round.folder.file("c-lora"))],
      strategy: .weightedMean, threads: 1)
    _ = try job.run(out: folder.file("merged"))
    let report = try round.report([round.folder.file("c-lora"), folder.file("merged")])
    #expect(report.scores[0].score > 0)
    #expect(report.scores[1].similarity > 0.999)
    #expect(report.scores[1].score == 0)
  }

  @Test func otherFactorsOfTheSameProductEarnNothing() throws {
    let round = try TinyRound.shared.get()
    let folder = try TemporaryFolder()
    let model = try LanguageModel.load(
      folder: round.base, adapterFolder: round.folder.file("c-lora"))
    let adapter = try #require(model.adapter)
    // (BR, R⁻¹A) with R = 2 on every second component and −1 on the others.
    for module in adapter.modules {
      for component in 0..<module.rank {
        let factor: Float = component % 2 == 0 ? 2 : -1
        for column in 0..<module.inFeatures {
          adapter.weights[module.aOffset + component * module.inFeatures + column] /= factor
        }
        for row in 0..<module.outFeatures {
          adapter.weights[module.bOffset + row * module.rank + component] *= factor
        }
      }
    }
    try model.saveAdapter(folder: folder.file("copy"), type: .F32)
    let report = try round.report([round.folder.file("c-lora"), folder.file("copy")])
    #expect(report.scores[1].similarity > 0.999)
    #expect(report.scores[1].score == 0)
  }

  @Test(arguments: [Float(2), 3, 5]) func stretchedAdapterEarnsNothing(factor: Float) throws {
    let round = try TinyRound.shared.get()
    let folder = try TemporaryFolder()
    let model = try LanguageModel.load(
      folder: round.base, adapterFolder: round.folder.file("c-lora"))
    let adapter = try #require(model.adapter)
    for module in adapter.modules {
      for index in 0..<(module.outFeatures * module.rank) {
        adapter.weights[module.bOffset + index] *= factor
      }
    }
    try model.saveAdapter(folder: folder.file("stretched"), type: .F32)
    let report = try round.report([round.folder.file("c-lora"), folder.file("stretched")])
    #expect(report.scores[0].score > 0)
    #expect(report.scores[1].score == 0)
  }

  @Test func commitOrderDecidesWhoIsTheCopy() throws {
    let round = try TinyRound.shared.get()
    let folders = [round.folder.file("a"), round.folder.file("a-again")]
    let forward = try round.report(folders)
    let backward = try round.report(folders.reversed())
    #expect(forward.scores[0].similarity == 0)
    #expect(backward.scores[0].similarity == 0)
    #expect(forward.scores[1].similarity == backward.scores[1].similarity)
    #expect(forward.scores[1].score < forward.scores[0].score)
    #expect(backward.scores[1].score < backward.scores[0].score)
  }
}
