import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Every way of cutting a text into pieces, with texts of all of Unicode: as the reference library cuts.
///
/// In the vocabulary every two bytes merge, so that a border at another place gives other ids; see
/// `Tests/Peers/tokenizer_pieces.py`, which made the file.
@Suite struct TokenizerPiecesTests {
  struct Form: Sendable, CustomTestStringConvertible {
    let json: JSONValue
    var testDescription: String { json["form"]?.stringValue ?? "" }

    /// The digests of an entry, eight digits each.
    func digests(_ key: String) -> [String] {
      let digits = Array((json[key]?.stringValue ?? "").utf8)
      return stride(from: 0, to: digits.count, by: 8).map {
        String(decoding: digits[$0..<min($0 + 8, digits.count)], as: UTF8.self)
      }
    }
  }

  static let lines: [JSONValue] = {
    let path = Vectors.path("formats/tokenizer_pieces.jsonl")
    let lines = (try? TextFile.readBytes(path, sizeLimit: 4 << 20).split(separator: 10)) ?? []
    return lines.compactMap { try? JSONValue.parse(Array($0), source: path) }
  }()
  static let texts = (lines.first?["texts"]?.arrayValue ?? []).compactMap(\.stringValue)
  static let forms = lines.dropFirst().map(Form.init)

  @Test func allFormsAreThere() {
    #expect(Self.texts.count == 400)
    #expect(Self.forms.count == 25)
    #expect(Self.forms.count { !$0.digests("blocks").isEmpty } == 6)
  }

  @Test(arguments: forms) func textsAreCutAsTheReferenceCutsThem(_ form: Form) throws {
    let tokenizer = try Self.tokenizer(form)
    let texts = form.digests("texts")
    try #require(texts.count == Self.texts.count)
    for (text, digest) in zip(Self.texts, texts) {
      #expect(Self.digest(tokenizer.encode(text)) == digest, "\(text.unicodeScalars.map(\.value))")
    }
    let blocks = form.digests("blocks")
    try #require(blocks.isEmpty || blocks.count == Self.blocks.count)
    for (first, digest) in zip(Self.blocks, blocks) {
      let ids = tokenizer.encode(Self.block(first))
      #expect(Self.digest(ids) == digest, "characters from U+\(String(first, radix: 16))")
    }
  }

  /// The first characters of blocks of 4096.
  private static let blocks: [UInt32] =
    stride(from: 0, to: 0x2_0000, by: 4096).map { $0 }
    + [0x2_0000, 0x2_A000, 0x2_E000, 0x3_0000, 0x3_2000, 0xE_0000, 0xF_0000]

  /// Each character of a block beside letters, a digit, a blank and itself.
  private static func block(_ first: UInt32) -> String {
    (first..<first + 4096).compactMap(Unicode.Scalar.init)
      .map { "a\($0)\($0)1 \($0)B\($0)\n" }.joined()
  }

  private static func digest(_ ids: [Int32]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * ids.count)
    for id in ids { withUnsafeBytes(of: id.littleEndian) { bytes.append(contentsOf: $0) } }
    return String(SHA256Hasher.digest(of: bytes).hex.prefix(8))
  }

  private static func tokenizer(_ form: Form) throws -> Tokenizer {
    let rest: JSONValue = [
      "version": "1.0", "added_tokens": [], "normalizer": form.json["normalizer"] ?? .null,
      "pre_tokenizer": form.json["pre_tokenizer"] ?? .null, "post_processor": .null,
      "decoder": ["type": "ByteLevel"],
    ]
    let file = rest.encoded().dropLast() + #","model":"# + model + "}"
    return try Tokenizer.load(bytes: Array(file.utf8), source: "tokenizer.json")
  }

  /// Token 256 + n is the pair of bytes that an odd factor makes of n.
  private static let model: String = {
    let letters = alphabet
    let pairs = (0..<65_536).map { number in
      let pair = (number * 40_503 + 12_345) % 65_536
      return (letters[pair / 256], letters[pair % 256])
    }
    let tokens = letters + pairs.map { $0 + $1 }
    let model: JSONValue = [
      "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
      "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false,
      "ignore_merges": false,
      "vocab": .object(
        JSONObject(entries: tokens.enumerated().map { ($0.element, JSONValue($0.offset)) })),
      "merges": .array(pairs.map { .string("\($0) \($1)") }),
    ]
    return model.encoded()
  }()

  /// The characters by which byte-level tokenizers write the 256 bytes.
  private static let alphabet: [String] = {
    var next: UInt32 = 256
    return (0..<256).map { (byte: UInt32) in
      let isShown = (33...126).contains(byte) || (161...255).contains(byte) && byte != 173
      if !isShown { next += 1 }
      return Unicode.Scalar(isShown ? byte : next - 1).map { String($0) } ?? ""
    }
  }()
}
