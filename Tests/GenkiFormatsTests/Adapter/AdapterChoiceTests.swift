import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Which modules carry adapters, with what rank and alpha: PEFT's own answers for many settings.
@Suite struct AdapterChoiceTests {
  private static let base: JSONObject = [
    "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 8, "lora_alpha": 16,
  ]

  private static func configuration(_ settings: JSONValue?) throws -> AdapterConfiguration {
    var object = base
    for (key, value) in settings?.objectValue?.entries ?? [] { object[key] = value }
    return try AdapterConfiguration(json: .object(object), source: "adapter_config.json")
  }

  @Test func modulesRanksAndAlphasAreThoseOfPEFT() throws {
    let path = Vectors.path("formats/adapter_choices.jsonl")
    let text = try TextFile.readString(path, sizeLimit: 1 << 20)
    let lines: [JSONValue] = try text.split(separator: "\n").map {
      try JSONValue.parse(String($0), source: path)
    }
    let listed: [JSONValue] = lines.first?["paths"]?.arrayValue ?? []
    let paths = listed.compactMap(\.stringValue)
    #expect(lines.count > 250 && !paths.isEmpty)
    for line in lines.dropFirst() {
      let settings = line["settings"]
      guard let targets = line["targets"]?.stringValue else {
        #expect(throws: ConfigurationError.self, "\(settings?.encoded() ?? "")") {
          try Self.configuration(settings)
        }
        continue
      }
      let read = try Self.configuration(settings)
      let again = try AdapterConfiguration(
        json: JSONValue.parse(read.encoded().encoded(), source: "encoded"), source: "encoded")
      for configuration in [read, again] {
        let words = "\(settings?.encoded() ?? "")"
        #expect(
          paths.map { configuration.targets($0) ? "1" : "0" }.joined() == targets, "\(words)")
        for (index, path) in paths.enumerated() {
          if let ranks = line["ranks"]?.arrayValue {
            #expect(configuration.rank(of: path) == ranks[index].intValue, "\(words) \(path)")
          }
          if let alphas = line["alphas"]?.arrayValue {
            #expect(configuration.alpha(of: path) == alphas[index].doubleValue, "\(words) \(path)")
          }
        }
      }
      #expect(read == again)
    }
  }

  @Test(arguments: ["all-linear", "ALL-LINEAR"])
  func allLinearIsEveryModuleOfTheBlocks(_ text: String) throws {
    let configuration = try Self.configuration(["target_modules": .string(text)])
    #expect(configuration.targets("model.layers.0.self_attn.q_proj"))
    #expect(configuration.encoded()["target_modules"]?.stringValue == text)
    let excluded = try Self.configuration([
      "target_modules": .string(text), "exclude_modules": ["q_proj"],
    ])
    #expect(!excluded.targets("model.layers.0.self_attn.q_proj"))
  }

  @Test func theFirstAlphaThatMatchesCounts() throws {
    let configuration = try Self.configuration([
      "target_modules": ["q_proj"], "alpha_pattern": ["q_proj": 2, "layers.0.self_attn.q_proj": 3],
    ])
    #expect(configuration.alpha(of: "model.layers.0.self_attn.q_proj") == 2)
    #expect(throws: ConfigurationError.self) {
      let text =
        #"{"peft_type":"LORA","r":8,"target_modules":["q"],"#
        + #""alpha_pattern":{"q":2,"k":3,"q":4}}"#
      return try AdapterConfiguration(json: JSONValue.parse(text, source: "x"), source: "x")
    }
  }

  @Test func anExpressionThatIsNotEvaluatedIsNamedWithItsKey() {
    let settings: [(JSONValue, String)] = [
      (["target_modules": "(?!a).*"], "target_modules"),
      (["target_modules": ["q"], "exclude_modules": "(?i)a"], "exclude_modules"),
      (["target_modules": ["q"], "alpha_pattern": [#"(q)\1"#: 2]], "alpha_pattern"),
      (["target_modules": ["q"], "rank_pattern": ["(q": 2]], "rank_pattern"),
    ]
    for (settings, key) in settings {
      let error = #expect(throws: AdapterError.self) { try Self.configuration(settings) }
      #expect(error?.what.hasPrefix("adapter_config.json: \(key)") == true)
      #expect(error?.why.contains(key) == true)
    }
  }
}
