/// Repositories that are answered as they should, and hold what no validator must trust.
extension HostileKind {
  static let models: [HostileKind] = [
    unreadable("a header without end", "the header claims") {
      $0.file(header: "{}", length: 1 << 60, data: 250_000)
    },
    unreadable("offsets that overlap", "it should begin at 131072") {
      $0.file(header: two(first: "0,131072", second: "65536,196608"), data: 196_608)
    },
    unreadable("a hole between tensors", "it should begin at 131072") {
      $0.file(header: two(first: "0,131072", second: "131080,262152"), data: 262_152)
    },
    unreadable("less data than stated", "the file has 250000 after its header") {
      $0.file(header: two(first: "0,131072", second: "131072,262144"), data: 250_000)
    },
    unreadable("a shape whose product overflows", "overflows") {
      $0.file(
        header: #"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,250000]}}"#,
        data: 250_000)
    },
    unreadable("a header nested without end", "an object was expected") {
      $0.file(header: String(decoding: HostileForge.nested(), as: UTF8.self), data: 100_000)
    },
    unreadable("an empty file", "only 0 bytes") { _ in [] },
    unreadable("the text of a link", "the header claims") { _ in Array("../../../etc/passwd".utf8)
    },
    scored("not a number", 7, "non_finite", "non-finite tensor") { forge in
      forge.changed(count: 2) { $0 == 0 ? .nan : Float(forge.number) }
    },
    scored("infinity", 7, "non_finite", "non-finite tensor") { forge in
      forge.changed(count: 2) { $0 == 0 ? .infinity : Float(forge.number) }
    },
    scored("a change without measure", 8, "change_too_large", "the limit is 0.5") { forge in
      forge.changed(count: 256) { 1e6 + Float($0 + forge.number) }
    },
    scored("tensors of another model", 6, "missing_tensor", "is missing") {
      $0.file(tensors: [("model.embed_tokens.weight", [16, 16])])
    },
    scored("a tensor of another shape", 6, "wrong_shape", "the base has [257, 16]") { forge in
      forge.file(tensors: [("transformer.wte.weight", [16, 16])])
    },
    HostileKind(
      name: "another content than committed", verdict: .rejected(gate: 5, code: "not_bound"),
      reason: "is not what the commitment", bindsOther: true),
    copy("a configuration of another architecture", "config.json", #"{"model_type":"mamba"}"#),
    copy(
      "a configuration beyond all memory", "config.json",
      #"{"model_type":"gpt_neo","hidden_size":1000000000,"num_layers":1000000000}"#),
    copy(
      "a configuration nested without end", "config.json",
      String(decoding: HostileForge.nested(), as: UTF8.self)),
    copy("another tokenizer", "tokenizer.json", #"{"model":{"type":"WordPiece","vocab":{}}}"#),
    adapter(
      "an adapter of absurd rank", "unreadable", "is not in 1 to 4096",
      adapterJSON(rank: "1000000000")),
    adapter(
      "an adapter whose rank is not its factors'", "unsuitable_adapter",
      "the configuration gives it 200",
      adapterJSON(rank: "200")),
    adapter(
      "an adapter whose expression would not end where it backtracks", "unsuitable_adapter",
      "is not among target_modules", adapterJSON(targets: #""((a*)*|.)*(((.*)*)*)*x""#)),
    adapter(
      "an adapter whose expression is not evaluated", "unsuitable_adapter", "lookahead",
      adapterJSON(targets: #""(?!x).*""#)),
    adapter(
      "an adapter's configuration nested without end", "unreadable", "nested too deeply",
      HostileForge.nested()),
    adapter(
      "an adapter that scales by infinity", "unreadable", "the number is too large",
      adapterJSON(alpha: "1e400")),
    adapter(
      "an adapter on a module that is not there", "unsuitable_adapter",
      "is not among target_modules", adapterJSON(), module: "model.layers.99.q"),
  ]

  /// An adapter's configuration.
  static func adapterJSON(
    rank: String = "2", alpha: String = "4", targets: String = #"["q_proj"]"#
  ) -> [UInt8] {
    Array(
      (#"{"peft_type":"LORA","task_type":"CAUSAL_LM","r":\#(rank),"lora_alpha":\#(alpha),"#
        + #""target_modules":\#(targets),"bias":"none"}"#).utf8)
  }

  private static func two(first: String, second: String) -> String {
    #"{"a":{"dtype":"F32","shape":[32768],"data_offsets":[\#(first)]},"#
      + #""b":{"dtype":"F32","shape":[32768],"data_offsets":[\#(second)]}}"#
  }

  private static func unreadable(
    _ name: String, _ reason: String, _ weights: @escaping @Sendable (HostileForge) -> [UInt8]
  ) -> HostileKind {
    scored(name, 6, "unreadable", reason, weights)
  }

  private static func scored(
    _ name: String, _ gate: Int, _ code: String, _ reason: String,
    _ weights: @escaping @Sendable (HostileForge) -> [UInt8]
  ) -> HostileKind {
    HostileKind(
      name: name, verdict: .rejected(gate: gate, code: code), reason: reason,
      files: { ["model.safetensors": weights($0)] })
  }

  /// Somebody's honest weights beside a file that nobody is to read.
  private static func copy(_ name: String, _ file: String, _ content: String) -> HostileKind {
    HostileKind(
      name: name, verdict: .rejected(gate: 10, code: "duplicate"), reason: "same content",
      files: { ["model.safetensors": $0.honest, file: Array(content.utf8)] })
  }

  private static func adapter(
    _ name: String, _ code: String, _ reason: String, _ configuration: [UInt8],
    module: String = "transformer.h.0.attn.attention.q_proj"
  ) -> HostileKind {
    HostileKind(
      name: name, verdict: .rejected(gate: 6, code: code), reason: reason,
      files: {
        [
          "adapter_config.json": configuration,
          "adapter_model.safetensors": $0.adapter(module: module),
        ]
      })
  }
}
