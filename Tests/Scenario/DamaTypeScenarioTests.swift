import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiHub
import GenkiRound
import GenkiService
import GenkiStore
import TestSupport
import Testing

/// Rounds on a base of 16 bits whose miners submit full models in float32.
@Suite(.serialized) struct DamaTypeScenarioTests {
  private func world(_ type: TensorType, dama: String, publishesBF16: Bool) throws -> World {
    var options = ScenarioOptions(seed: 3)
    options.rounds = 2
    options.baseType = type
    options.damaType = dama
    options.publishesBF16 = publishesBF16
    let world = try World(options)
    try world.runAllRounds()
    return world
  }

  @Test func configurationRulesAndMergeKnowTheSameTypes() {
    #expect(RoundRules.damaDtypes == DamaType.names)
    let setting = ValidatorConfiguration.settings.first {
      $0.declaration.name == "aggregation.dtype"
    }
    #expect(setting?.declaration.shape == .choice(DamaType.names))
  }

  @Test(arguments: [
    (TensorType.BF16, "float32", TensorType.F32), (.BF16, "base", .BF16), (.F16, "float32", .F32),
    (.F16, "base", .F16),
  ])
  func damaIsStoredByTheRuleAndVerified(
    type: TensorType, dama: String, stored: TensorType
  ) throws {
    let world = try world(type, dama: dama, publishesBF16: false)
    #expect(try Invariants(world).broken == [])
    let before = try TextFile.readString(
      world.models.base(type) + "/config.json", sizeLimit: 1 << 20)
    for validator in world.validators {
      let (outcomes, known, verification) = try validator.store.read {
        (
          try $0.scores(round: 1)?.outcomes ?? [], try $0.knownRound(2),
          try $0.verification(round: 2)
        )
      }
      #expect(outcomes.count == 2)
      #expect(outcomes.allSatisfy { $0.verdict == .accepted && $0.valueHash != nil })
      #expect(verification?.isVerified == true)
      let base = try #require(known)
      #expect(base.document.rules.damaDtype == dama)
      #expect(base.document.seen.allSatisfy { $0.valueHash != nil })
      let weights = try WeightSet.open(folder: base.folder)
      #expect(weights.names.allSatisfy { weights.info($0)?.type == stored })
      for (name, text) in TinyModels.companions {
        #expect(try TextFile.readString("\(base.folder)/\(name)", sizeLimit: 1 << 10) == text)
      }
      #expect(
        try TextFile.readString(base.folder + "/config.json", sizeLimit: 1 << 20)
          == before.replacingOccurrences(
            of: "\"\(type.configurationName)\"", with: "\"\(stored.configurationName)\""))
    }
  }

  @Test func everyDamaIsPublishedInBFloat16OnceAndTakesNoPart() throws {
    let world = try world(.BF16, dama: "float32", publishesBF16: true)
    #expect(try Invariants(world).broken == [])
    let hub = try world.hub("validator-0")
    for round in 2...3 {
      let name = "dama-r\(round)-bf16"
      let repository = try #require(RepositoryID(namespace: "validator-0", name: name))
      let revision = try #require(
        try world.coordinator.store.read { try $0.meta("publish_bf16 \(round)") }
          .flatMap { Revision(hex: $0) })
      let files = try hub.list(repository, revision: revision)
      #expect(Set(files.map(\.name)).isSuperset(of: ["README.md", "generation_config.json"]))
      let entry = try #require(files.first { $0.name == ModelFiles.weights })
      let path = world.folder + "/\(name).safetensors"
      try hub.download(
        entry, of: repository, revision: revision, to: path, bytesMaximum: 1 << 20,
        transfer: HubTransfer())
      let file = try SafetensorsFile(path: path)
      #expect(file.tensors.allSatisfy { $0.type == .BF16 })
    }
    let known = try world.coordinator.store.read { try $0.knownRound(3) }
    #expect(known?.announced.repository.name == "dama-r3")
  }
}
