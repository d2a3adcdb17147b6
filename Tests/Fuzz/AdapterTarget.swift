import GenkiCore

/// An adapter's configuration, or one regular expression of it: one byte chooses. Reading it and holding it
/// against the modules of a model takes a bounded time, and what is written again means the same.
enum AdapterTarget: FuzzTarget {
  private static let paths = [
    "model.layers.0.self_attn.q_proj", "model.layers.11.mlp.down_proj", "transformer.h.7.mlp.c_fc",
    "base.layers.1.experts.0.w1", "q_proj", String(repeating: "a", count: 200),
    String(repeating: "a.0.", count: 60) + "b",
  ]
  /// Far more than any input needs, AddressSanitizer and busy machines included.
  private static let longest = Duration.seconds(5)

  static func seeds() throws -> [[UInt8]] {
    let configurations = [
      #"{"peft_type":"LORA","r":2,"lora_alpha":4,"target_modules":["q_proj"],"#
        + #""rank_pattern":{"^model.layers.0.*q_proj":4},"alpha_pattern":{"w1|v":3,"h.7":2.5}}"#,
      #"{"peft_type":"LORA","r":8,"target_modules":".*\\.(q_proj|v_proj)","exclude_modules":["a"]}"#,
      #"{"peft_type":"LORA","r":8,"target_modules":["w1","c_fc"],"layers_to_transform":[0,7],"#
        + #""layers_pattern":["h","layers"],"use_rslora":true,"bias":"none"}"#,
      #"{"peft_type":"LORA","r":8,"target_modules":"all-linear","exclude_modules":"[^.]*\\d{1,2}"}"#,
    ]
    let expressions = [
      #"(?:.*?(?:language|text).*?(?:self_attn|mlp).*?(?:q_proj|k_proj).*?)|(?:\bmodel\.layers\.[\d]{1,}\.a)"#,
      #"^(a|b){2,5}[^x-z_]+?\w*\S\B.$"#, "((a?){20}){20}b", "(a*)*|(.*)+x", #"[]\]a-]{,3}\."#,
    ]
    return configurations.map { [0] + Array($0.utf8) }
      + expressions.flatMap { text in [1, 2].map { [$0] + Array(text.utf8) } }
  }

  static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let choice = input.byte() % 3
    let text = String(decoding: input.rest(), as: UTF8.self)
    let start = ContinuousClock.now
    defer {
      let duration = ContinuousClock.now - start
      expect(duration < longest, "it takes \(duration)")
    }
    switch choice {
    case 0: try configuration(text)
    default:
      let pattern = try ModulePattern(text, form: choice == 1 ? .whole : .key)
      for path in paths { _ = pattern.matches(path) }
    }
  }

  private static func configuration(_ text: String) throws {
    let json = try JSONValue.parse(text, source: "adapter_config.json")
    let read = try AdapterConfiguration(json: json, source: "adapter_config.json")
    let again: AdapterConfiguration
    do {
      again = try AdapterConfiguration(
        json: JSONValue.parse(read.encoded().encoded(), source: "written"), source: "written")
    } catch {
      preconditionFailure("what was written cannot be read: \(error)")
    }
    expect(read == again, "another configuration is written")
    for path in paths {
      expect(read.targets(path) == again.targets(path), "other modules are written")
      expect(read.rank(of: path) == again.rank(of: path), "other ranks are written")
      expect(
        read.scale(path, rank: 8) == again.scale(path, rank: 8), "other scales are written")
    }
  }
}
