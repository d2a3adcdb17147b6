import GenkiCore
import GenkiFormats
import TestSupport

/// The reference library's answers for one tokenizer.
struct TokenizerVectors {
  struct Encoding {
    var line: Int
    var text: String
    var ids: [Int32]
    /// Without the post-processor's template.
    var plainIDs: [Int32]
    var decoded: String
    var decodedSkip: String
  }

  struct Decoding {
    var line: Int
    var ids: [Int32]
    var decoded: String
    var decodedSkip: String
  }

  static let names = byteLevelNames + characterNames
  /// Byte-level BPE.
  static let byteLevelNames = [
    "gpt2", "qwen2", "llama3", "smollm2", "gpt_neox", "o200k", "cl100k", "tekken", "qwen3_5",
    "deepseek", "bytelevel_unk",
  ]
  /// BPE of characters with byte fallback.
  static let characterNames = ["llama2", "mistral_metaspace", "gemma"]

  let tokenizer: Tokenizer
  let encodings: [Encoding]
  let decodings: [Decoding]

  static func path(_ name: String) -> String { Vectors.path("formats/tokenizers/\(name)") }

  /// Reads `encode.jsonl` and `decode.jsonl` and loads the tokenizer from its folder.
  init(_ name: String) throws {
    let folder = Self.path(name)
    tokenizer = try Tokenizer.load(path: folder)
    encodings = try Self.lines("\(folder)/encode.jsonl") { line, json in
      let ids = Self.ids(json["ids"])
      return Encoding(
        line: line, text: json["text"]?.stringValue ?? "", ids: ids,
        plainIDs: json["ids_plain"]?.isNull == false ? Self.ids(json["ids_plain"]) : ids,
        decoded: json["decoded"]?.stringValue ?? "",
        decodedSkip: json["decoded_skip"]?.stringValue ?? "")
    }
    decodings = try Self.lines("\(folder)/decode.jsonl") { line, json in
      Decoding(
        line: line, ids: Self.ids(json["ids"]), decoded: json["decoded"]?.stringValue ?? "",
        decodedSkip: json["decoded_skip"]?.stringValue ?? "")
    }
  }

  private static func lines<T>(_ path: String, _ body: (Int, JSONValue) -> T) throws -> [T] {
    try TextFile.readBytes(path, sizeLimit: 64 << 20).split(separator: UInt8(ascii: "\n"))
      .enumerated().map { index, line in
        body(index + 1, try JSONValue.parse(Array(line), source: "\(path):\(index + 1)"))
      }
  }

  private static func ids(_ json: JSONValue?) -> [Int32] {
    (json?.arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) }
  }
}

/// The equality of strings takes canonically equivalent text as equal; ours must be the same bytes.
func sameBytes(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
