import GenkiCore
import GenkiFormats
import TestSupport
import Testing

@Suite struct AdapterTests {
  private static let folders =
    ["gpt2", "gpt_neo", "llama3_rope", "llama_tied", "llama_untied", "qwen2", "qwen3"]
    .map { "compute/\($0)/lora" } + ["formats/peft_gptneo", "formats/peft_gpt2_conv1d"]

  private func configuration(_ changes: KeyValuePairs<String, JSONValue>) throws
    -> AdapterConfiguration
  {
    let file = Vectors.path("compute/qwen2/lora/adapter_config.json")
    var object = try #require(JSONValue.parse(file: file, sizeLimit: 1 << 20).objectValue)
    for (key, value) in changes { object[key] = value == "absent" ? nil : value }
    return try AdapterConfiguration(json: .object(object), source: "adapter_config.json")
  }

  @Test(arguments: folders)
  func adaptersOfPEFTAreRead(_ name: String) throws {
    let folder = Vectors.path(name)
    let json = try JSONValue.parse(file: "\(folder)/adapter_config.json", sizeLimit: 1 << 20)
    let adapter = try AdapterWeights.open(folder: folder, limits: .strict)
    let configuration = adapter.configuration
    #expect(configuration.rank == json["r"]?.intValue)
    #expect(configuration.alpha == json["lora_alpha"]?.doubleValue)
    #expect(configuration.targetModules.json == json["target_modules"])
    #expect(configuration.fanInFanOut == json["fan_in_fan_out"]?.boolValue)
    #expect(configuration.baseModel == json["base_model_name_or_path"]?.stringValue)
    #expect(adapter.weights.files == ["adapter_model.safetensors"])
    #expect(2 * adapter.modules.count == adapter.weights.names.count)
    let isStabilized = json["use_rslora"]?.boolValue == true
    let divisor =
      isStabilized ? Double(configuration.rank).squareRoot() : Double(configuration.rank)
    for module in adapter.modules {
      #expect(module.scale == Float(configuration.alpha / divisor))
      #expect(adapter.weights.info(module.aName)?.shape == [module.rank, module.inFeatures])
      #expect(adapter.weights.info(module.bName)?.shape == [module.outFeatures, module.rank])
      #expect(module.aName == "base_model.model.\(module.path).lora_A.weight")
    }
    let encoded = try JSONValue.parse(configuration.encoded().encoded(), source: "encoded")
    #expect(try AdapterConfiguration(json: encoded, source: "encoded") == configuration)
  }

  @Test func aListOfTargetsSelectsBySuffixOfParts() throws {
    let configuration = try configuration(["target_modules": ["q_proj", "mlp.up_proj"]])
    #expect(configuration.targets("model.layers.0.self_attn.q_proj"))
    #expect(configuration.targets("q_proj"))
    #expect(configuration.targets("model.layers.0.mlp.up_proj"))
    #expect(!configuration.targets("model.layers.0.self_attn.xq_proj"))
    #expect(!configuration.targets("model.layers.0.moe.up_proj"))
    #expect(!configuration.targets("model.layers.0.self_attn.q_proj.bias"))
  }

  @Test func patternsOfRankAndAlphaReplaceTheDefaults() throws {
    let configuration = try configuration([
      "rank_pattern": ["layers.1.self_attn.q_proj": 2, "q_proj": 16],
      "alpha_pattern": ["layers.1.self_attn.q_proj": 3.0], "use_rslora": true,
    ])
    #expect(configuration.rank(of: "model.layers.1.self_attn.q_proj") == 2)
    #expect(configuration.rank(of: "model.layers.0.self_attn.q_proj") == 16)
    #expect(configuration.rank(of: "model.layers.0.self_attn.v_proj") == 4)
    #expect(
      configuration.scale("model.layers.1.self_attn.q_proj", rank: 2) == Float(3 / 2.0.squareRoot())
    )
    #expect(configuration.scale("model.layers.0.self_attn.q_proj", rank: 16) == 8 / 4)
    #expect(configuration.scale("model.layers.0.self_attn.v_proj", rank: 4) == 8 / 2)
    let json = configuration.encoded()
    #expect(try AdapterConfiguration(json: json, source: "encoded") == configuration)
  }

  private static let refusals: [(String, JSONValue)] = [
    ("peft_type", "IA3"), ("peft_type", "absent"), ("task_type", "SEQ_CLS"), ("r", 0), ("r", -1),
    ("r", 4097), ("r", "absent"), ("r", 4.0), ("lora_alpha", 1e7), ("lora_alpha", "8"),
    ("lora_alpha", .null),
    ("target_modules", .null), ("target_modules", ""), ("alpha_pattern", ["q_proj": .null]),
    ("lora_dropout", 1.0), ("lora_dropout", -0.1), ("bias", "all"), ("bias", "lora_only"),
    ("use_dora", true), ("use_qalora", true), ("lora_bias", true), ("modules_to_save", ["lm_head"]),
    ("layers_to_transform", "0"), ("layers_to_transform", [0.5]),
    ("layers_to_transform", [true]), ("layers_pattern", "h"), ("layers_pattern", ["a*"]),
    ("layer_replication", [[0, 1]]),
    ("exclude_modules", 3), ("exclude_modules", ["a|b"]), ("target_parameters", ["w"]),
    ("corda_config", ["a": 1]),
    ("trainable_token_indices", [1]), ("alora_invocation_tokens", [1]), ("use_bdlora", true),
    ("init_lora_weights", "pissa"), ("init_lora_weights", "olora"), ("something_new", true),
    ("something_new", "on"), ("target_modules", "absent"), ("target_modules", []),
    ("target_modules", 3), ("target_modules", [1]), ("target_modules", ["a b"]),
    ("target_modules", ["../x"]), ("target_modules", ["a..b"]), ("rank_pattern", ["q_proj": 0]),
    ("rank_pattern", ["q.*": 2.5]), ("rank_pattern", ["q.*": 4097]),
    ("alpha_pattern", ["q_proj": 1e9]), ("rank_pattern", [1]),
  ]

  @Test(arguments: refusals.indices)
  func whatIsNotPlainLoRAIsRefusedByName(_ index: Int) {
    let (key, value) = Self.refusals[index]
    let error = #expect(throws: ConfigurationError.self) { try configuration([:], key, value) }
    #expect(error?.what.contains(key) == true)
    #expect(error?.kind == .invalidData)
  }

  private func configuration(
    _ changes: KeyValuePairs<String, JSONValue>, _ key: String, _ value: JSONValue
  ) throws -> AdapterConfiguration {
    try configuration([key: value])
  }

  @Test func optionsThatAreOffOrHarmlessDoNotMatter() throws {
    let plain = try configuration([:])
    #expect(
      try configuration([
        "something_new": false, "another": .null, "list": [], "inference_mode": false,
        "init_lora_weights": "gaussian", "loftq_config": [:], "megatron_core": "x",
      ]) == plain)
  }

  /// Writes an adapter of qwen2's shape with other tensors and opens it.
  private func openAdapter(_ tensors: [SafetensorsWriter.Tensor]) throws -> AdapterWeights {
    let folder = try TemporaryFolder()
    let source = Vectors.path("compute/qwen2/lora/adapter_config.json")
    try folder.write(TextFile.readBytes(source, sizeLimit: 1 << 20), to: "adapter_config.json")
    try SafetensorsWriter.write(
      to: folder.file("adapter_model.safetensors"), tensors: tensors
    ) { _, range, out in
      for offset in 0..<range.count { out[offset] = 0 }
    }
    return try AdapterWeights.open(folder: folder.path)
  }

  @Test func tensorsMustBePairsOfTheRightShape() throws {
    func tensor(_ name: String, _ shape: [Int]) -> SafetensorsWriter.Tensor {
      (name: name, shape: shape, type: .F32)
    }
    let a = tensor(AdapterWeights.aName("l.q_proj"), [4, 10])
    let b = tensor(AdapterWeights.bName("l.q_proj"), [12, 4])
    let module = try #require(openAdapter([b, a]).modules.first)
    #expect(module.inFeatures == 10 && module.outFeatures == 12 && module.scale == 2)
    let bad: [[SafetensorsWriter.Tensor]] = [
      [], [a], [b], [a, tensor(AdapterWeights.bName("l.v_proj"), [12, 4])],
      [a, tensor(b.name, [12, 3])], [a, tensor(b.name, [48])],
      [tensor(a.name, [3, 10]), b], [tensor(a.name, [4, 0]), b],
      [a, b, tensor("lm_head.weight", [1])], [a, b, tensor("base_model.model.l.q_proj.bias", [1])],
      [
        a, b, tensor(AdapterWeights.aName("l.o_proj"), [4, 1]),
        tensor(AdapterWeights.bName("l.o_proj"), [1, 4]),
      ],
      [a, b, tensor(AdapterWeights.aName("../q_proj"), [4, 1])],
    ]
    for tensors in bad {
      #expect(throws: AdapterError.self) { try openAdapter(tensors) }
    }
  }

  @Test(arguments: [
    ("base_model.model.model.embed_tokens.weight", AdapterError.Foreign.embeddings),
    ("base_model.model.transformer.wte.lora_embedding_A", .embeddings),
    ("base_model.model.lm_head.weight", .head),
    ("base_model.model.lm_head.lora_A.weight", .head),
    ("base_model.model.lm_head.base_layer.weight", .head),
    ("base_model.model.l.q_proj.lora_magnitude_vector", .magnitudes),
    ("base_model.model.l.q_proj.lora_magnitude_vector.weight", .magnitudes),
    ("base_model.model.l.q_proj.lora_B.bias", .biases),
    ("base_model.model.l.q_proj.bias", .biases),
    ("base_model.model.l.q_proj.lora_A.default.weight", .named),
    ("base_model.model.l.norm.weight", .wholeModule),
  ])
  func whatIsNoPlainLoRAIsNamedByItsKind(_ name: String, _ kind: AdapterError.Foreign) {
    let error = #expect(throws: AdapterError.self) {
      try openAdapter([
        (name: AdapterWeights.aName("l.q_proj"), shape: [4, 10], type: .F32),
        (name: AdapterWeights.bName("l.q_proj"), shape: [12, 4], type: .F32),
        (name: name, shape: [2, 2], type: .F32),
      ])
    }
    guard case .foreignTensor(_, name, kind) = error else {
      Issue.record("\(error.map { "\($0)" } ?? "none")")
      return
    }
    #expect(error?.description.contains("same model") == false)
  }

  @Test(arguments: [
    "model.l.q_proj.lora_A.weight", "base_model.model.base_model.l q.lora_A.weight",
    "base_model.model.l.q_proj.lora_C.x", "base_model.model..lora_A.weight", "",
    "base_model.model.l.q_proj.lora_A.weight ",
  ])
  func otherNamesAreNoLoRAWeights(_ name: String) {
    let error = #expect(throws: (any Error).self) {
      try openAdapter([(name: name, shape: [2, 2], type: .F32)])
    }
    if let error = error as? AdapterError {
      #expect(error == .unknownTensor(folder: error.folder ?? "", name: name))
    }
  }

  @Test func theRankOfTheTensorsIsThatOfTheConfiguration() {
    let error = #expect(throws: AdapterError.self) {
      try openAdapter([
        (name: AdapterWeights.aName("l.q_proj"), shape: [3, 10], type: .F32),
        (name: AdapterWeights.bName("l.q_proj"), shape: [12, 3], type: .F32),
      ])
    }
    #expect(error?.why.contains("rank 3") == true)
  }
}

extension AdapterError {
  /// The folder that it names.
  fileprivate var folder: String? {
    if case .unknownTensor(let folder, _) = self { folder } else { nil }
  }
}
