import Foundation
import GenkiCore

/// What tokenizers and adapters ask of a folder; the rest of this type reads weights and is not compiled here.
enum ModelFolder {
  static func hasFile(_ name: String, in folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(name)")
  }

  static func file(_ name: String, at path: String) -> String { "\(path)/\(name)" }
}

/// A folder with a tokenizer and a text: one byte chooses whose vocabulary; the tokenizer.json around it,
/// the files beside it and the text are the input's.
enum TokenizerTarget: FuzzTarget {
  private struct Kind {
    /// The file with marks where vocabulary and merges stand.
    var frame: [UInt8]
    var vocabulary: String
    var merges: String
  }

  private static let names = [
    "llama2", "gemma", "mistral_metaspace", "o200k", "deepseek", "gpt_neox", "qwen3_5",
  ]
  private static let marks = (vocabulary: #""@V""#, merges: #""@M""#)
  private static let kinds = Runtimes.loaded { try names.map(kind) }
  private static let beside = [
    ModelFiles.tokenizerSettings, ModelFiles.specialTokensMap, ModelFiles.addedTokens,
  ]
  private static let folder = FileManager.default.temporaryDirectory
    .appending(path: "genki-fuzz-\(getpid())").path

  private static func kind(_ name: String) throws -> Kind {
    let folder = ProcessInfo.processInfo.environment["GENKI_FUZZ_FORMATS"] ?? ""
    let path = "\(folder)/tokenizers/\(name)/tokenizer.json"
    var root =
      try JSONValue.parse(
        TextFile.readBytes(path, sizeLimit: 4 << 20), source: path
      ).objectValue ?? JSONObject()
    var model = root["model"]?.objectValue ?? JSONObject()
    let (vocabulary, merges) = (model["vocab"]?.encoded() ?? "", model["merges"]?.encoded() ?? "")
    model["vocab"] = "@V"
    model["merges"] = "@M"
    root["model"] = .object(model)
    // An input's pieces have at most 4095 bytes.
    root["added_tokens"] = .array(Array((root["added_tokens"]?.arrayValue ?? []).prefix(8)))
    return Kind(
      frame: Array(JSONValue.object(root).encoded().utf8), vocabulary: vocabulary, merges: merges)
  }

  static func seeds() throws -> [[UInt8]] {
    let settings = [
      "", #"{"added_tokens_decoder":{"5":{"content":"<x>","special":true,"lstrip":true}}}"#,
      #"{"tokenizer_class":"GPT2TokenizerFast","add_prefix_space":true,"image_token":"a"}"#,
    ]
    let maps = ["", #"{"bos_token":{"content":"<s>"},"additional_special_tokens":["<y>","b"]}"#]
    let added = ["", #"{"<z>":1300,"<y>":1301}"#]
    let texts = [
      "The  end\u{2581}is<s>n't 123\r\n 漢字e\u{301}\u{FFFD}", "<|endoftext|> \u{1F600}  'S\u{17F}",
    ]
    var seeds: [[UInt8]] = []
    for (index, kind) in kinds.enumerated() {
      for number in 0..<3 {
        var seed = [UInt8(truncatingIfNeeded: index)]
        seed += piece(kind.frame)
        seed += piece(Array(settings[number].utf8))
        seed += piece(Array(maps[number % 2].utf8))
        seed += piece(Array(added[number % 2].utf8))
        seed += Array(texts[number % 2].utf8)
        seeds.append(seed)
      }
    }
    return seeds
  }

  private static func piece(_ bytes: [UInt8]) -> [UInt8] {
    expect(bytes.count < 4096, "a seed's piece has \(bytes.count) bytes")
    return [0xF0 | UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
  }

  static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let kind = kinds[input.number(below: kinds.count)]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let file = String(decoding: input.piece(), as: UTF8.self)
      .replacing(marks.vocabulary, with: kind.vocabulary, maxReplacements: 2)
      .replacing(marks.merges, with: kind.merges, maxReplacements: 2)
    try Data(file.utf8).write(to: URL(filePath: "\(folder)/\(ModelFiles.tokenizer)"))
    for name in beside {
      let content = input.piece()
      let path = "\(folder)/\(name)"
      if content.isEmpty {
        unlink(path)
      } else {
        try Data(content).write(to: URL(filePath: path))
      }
    }
    let tokenizer = try Tokenizer.load(path: folder)
    try read(String(decoding: input.rest(), as: UTF8.self), tokenizer)
  }

  private static func read(_ text: String, _ tokenizer: Tokenizer) throws {
    let ids = tokenizer.encode(text)
    let all = tokenizer.encode(text, template: true) + [-1, .max]
    for skips in [false, true] {
      var decoder = StreamingDecoder(tokenizer: tokenizer, skipSpecialTokens: skips)
      let streamed = all.map { decoder.append($0) }.joined() + decoder.finish()
      let whole = tokenizer.decode(all, skipSpecialTokens: skips)
      expect(streamed.utf8.elementsEqual(whole.utf8), "streaming gives another text")
    }
    let bytes = Array(text.utf8)
    let borders = Array(0...bytes.count)
    let counted = try tokenizer.encode(quoting: bytes, quoted: [], borders: borders)
    expect(counted.ids == ids, "counting gives other ids")
    expect(counted.tokenCounts.last == ids.count, "the last border is not behind all tokens")
    let quoted = try tokenizer.encode(quoting: bytes, quoted: [0..<bytes.count], borders: borders)
    expect(!quoted.ids.contains(where: tokenizer.isSpecial), "quoted text gives a special token")
  }
}
