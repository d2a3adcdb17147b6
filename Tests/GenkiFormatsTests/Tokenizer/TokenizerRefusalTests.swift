import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Files that are not of this family, broken or hostile: each is refused with the key and the reason.
@Suite struct TokenizerRefusalTests {
  struct BadFile: Sendable, CustomTestStringConvertible {
    let path: String
    let value: JSONValue?
    let error: String
    var testDescription: String { "\(path) = \(value?.encoded().prefix(60) ?? "absent")" }

    init(_ path: String, _ value: JSONValue?, _ error: String) {
      self.path = path
      self.value = value
      self.error = error
    }
  }

  static let family = " is not supported (supported is "
  static let advice = " (is this the tokenizer.json of a BPE model?)"

  static let unsupported: [BadFile] = [
    BadFile("version", "2.0", "version: version 2.0\(family)version 1.0)"),
    BadFile(
      "model.type", "Unigram",
      "model.type: a Unigram model (SentencePiece's of T5 and ALBERT)\(family)BPE)"),
    BadFile(
      "model.type", "WordPiece", "model.type: a WordPiece model (BERT's)\(family)BPE)"),
    BadFile(
      "model.type", "WordLevel", "model.type: a WordLevel model (whole words)\(family)BPE)"),
    BadFile("model.type", "Markov", "model.type: 'Markov'\(family)BPE)"),
    BadFile("model.dropout", 0.1, "model.dropout: dropping merges\(family)null)"),
    BadFile(
      "model.continuing_subword_prefix", "##",
      "model.continuing_subword_prefix: '##'\(family)null)"),
    BadFile("model.end_of_word_suffix", "</w>", "model.end_of_word_suffix: '</w>'\(family)null)"),
    BadFile(
      "normalizer", ["type": "Lowercase"],
      "normalizer.type: 'Lowercase'\(family)null, NFC, Prepend and Replace)"),
    BadFile(
      "pre_tokenizer", .null, "decoder: the decoder 'ByteLevel'\(family)\(decoders))"),
    BadFile(
      "pre_tokenizer", ["type": "Metaspace", "replacement": "_"],
      "pre_tokenizer.replacement: '_'\(family)U+2581)"),
    BadFile(
      "pre_tokenizer", ["type": "Split", "pattern": ["String": "-"], "behavior": "Isolated"],
      "pre_tokenizer.pattern: this Split without ByteLevel behind it\(family)"
        + "Split at \" \" with MergedWithPrevious (Gemma))"),
    BadFile(
      "pre_tokenizer",
      [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Punctuation"], ["type": "ByteLevel", "add_prefix_space": false],
        ],
      ],
      "pre_tokenizer.pretokenizers[0].type: 'Punctuation' (Falcon's kind of tokenizer)\(family)"
        + "\(preTokenizers))"),
    BadFile(
      "pre_tokenizer",
      [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Split", "pattern": ["Regex": "\\w+"], "behavior": "Isolated"],
          ["type": "ByteLevel", "add_prefix_space": false],
        ],
      ],
      "pre_tokenizer.pretokenizers[0].pattern.Regex: the regular expression '\\w+'\(family)"
        + "exactly the expressions of GPT-2, Llama 3, Qwen, GPT-4, GPT-4o, tekken, DeepSeek)"),
    BadFile(
      "pre_tokenizer",
      [
        "type": "Sequence",
        "pretokenizers": [
          [
            "type": "Split", "pattern": ["Regex": "\\p{N}{1,3}"], "behavior": "Removed",
            "invert": true,
          ],
          ["type": "ByteLevel", "add_prefix_space": false],
        ],
      ],
      "pre_tokenizer.pretokenizers[0].behavior: 'Removed' with invert true\(family)"
        + "Isolated, or Removed with invert true where nothing is between the matches)"),
    BadFile(
      "post_processor", ["type": "BertProcessing"],
      "post_processor.type: 'BertProcessing'\(family)ByteLevel and TemplateProcessing)"),
    BadFile("decoder", .null, "decoder: the decoder 'null'\(family)\(decoders))"),
    BadFile(
      "decoder", ["type": "Metaspace"], "decoder: the decoder 'Metaspace'\(family)\(decoders))"),
  ]

  static let decoders =
    "ByteLevel after byte-level BPE, else Metaspace or Replace, ByteFallback, Fuse and Strip in "
    + "this order"
  static let preTokenizers =
    "Split, Digits and, as the last, ByteLevel, or Metaspace alone"

  static let malformed: [BadFile] = [
    BadFile(
      "model.unk_token", "<unk>", "model.unk_token: '<unk>' is not in the vocabulary\(advice)"),
    BadFile(
      "normalizer", ["type": "Replace", "pattern": ["String": ""], "content": "x"],
      "normalizer.pattern.String: it is empty\(advice)"),
    BadFile(
      "normalizer",
      [
        "type": "Replace", "pattern": ["String": "a"],
        "content": .string(String(repeating: "x", count: 65)),
      ],
      "normalizer.content: 65 is beyond the limit of 64\(advice)"),
    BadFile(
      "normalizer",
      [
        "type": "Sequence",
        "normalizers": [
          ["type": "Replace", "pattern": ["String": "a"], "content": "aaaaaaaaaa"],
          ["type": "Replace", "pattern": ["String": "a"], "content": "aaaaaaaaaa"],
        ],
      ],
      "normalizer: 100 is beyond the limit of 64\(advice)"),
    BadFile("model", nil, "model: an object was expected, found nothing\(advice)"),
    BadFile("model.vocab", nil, "model.vocab: an object was expected, found nothing\(advice)"),
    BadFile("model.vocab", [], "model.vocab: an object was expected, found an array\(advice)"),
    BadFile("model.merges", nil, "model.merges: an array was expected, found nothing\(advice)"),
    BadFile(
      "model.vocab.a", "x", "model.vocab.a: an id was expected, found a string\(advice)"),
    BadFile("model.vocab.a", -1, "model.vocab.a: an id was expected, found an integer\(advice)"),
    BadFile(
      "model.vocab.a", 4_294_967_296,
      "model.vocab.a: 4294967296 is beyond the limit of 2097151\(advice)"),
    BadFile(
      "model.vocab.b", 5, "model.vocab.b: its id 5 or its text is there twice\(advice)"),
    BadFile(
      "model.merges.0", "a b c",
      "model.merges[0]: two tokens were expected, as a pair or around one space\(advice)"),
    BadFile(
      "model.merges.0", ["a"],
      "model.merges[0]: two tokens were expected, as a pair or around one space\(advice)"),
    BadFile("model.merges.0", "zz z", "model.merges[0]: 'zz' is not in the vocabulary\(advice)"),
    BadFile("model.merges.0", "z z", "model.merges[0]: 'zz' is not in the vocabulary\(advice)"),
    BadFile(
      "added_tokens.0.special", nil,
      "added_tokens[0].special: true or false was expected, found nothing\(advice)"),
    BadFile(
      "added_tokens.0.content", "", "added_tokens[0].content: the token is empty\(advice)"),
    BadFile(
      "added_tokens.0.content", .string(String(repeating: "x", count: 1025)),
      "added_tokens[0].content: 1025 is beyond the limit of 1024\(advice)"),
    BadFile(
      "added_tokens.0.id", 7,
      "added_tokens[0].id: '<|endoftext|>' has id 7 here and id 0 in the vocabulary\(advice)"),
    BadFile(
      "added_tokens.0.content", "<new>",
      "added_tokens[0].id: '<new>' has id 0, but the next free id is 262\(advice)"),
    BadFile(
      "post_processor",
      ["type": "TemplateProcessing", "single": [["SpecialToken": ["id": "b"]]]],
      "post_processor.special_tokens.b.ids: an array was expected, found nothing\(advice)"),
    BadFile(
      "post_processor", ["type": "TemplateProcessing", "single": []],
      "post_processor.single: the template leaves out the text\(advice)"),
    BadFile(
      "post_processor",
      [
        "type": "TemplateProcessing",
        "single": [["SpecialToken": ["id": "b"]], ["Sequence": ["id": "A"]]],
        "special_tokens": ["b": ["ids": [999]]],
      ],
      "post_processor.special_tokens.b.ids[0]: no token has id 999\(advice)"),
  ]

  @Test(arguments: unsupported + malformed)
  func isRefusedWithKeyAndReason(_ bad: BadFile) throws {
    let path = bad.path.split(separator: ".").map(String.init)
    let file = TokenizerFixture.setting(path, bad.value, in: try TokenizerFixture.small())
    let error = try #require(throws: TokenizerError.self) { try TokenizerFixture.load(file) }
    #expect(error.description == "tokenizer.json: \(bad.error)")
    #expect(error.kind == .invalidData)
  }

  @Test func addedTokenTwiceIsRefused() throws {
    var file = try TokenizerFixture.small()
    let token = try #require(file["added_tokens"]?.arrayValue?.first)
    file = TokenizerFixture.setting(["added_tokens", "1"], token, in: file)
    let error = try #require(throws: TokenizerError.self) { try TokenizerFixture.load(file) }
    #expect(error.why == "'<|endoftext|>' is added twice")
  }

  @Test(arguments: ["", "[]", "{}", "{\"model\":", "\u{FEFF}{}", "\"text\""])
  func textThatIsNoTokenizerIsRefused(_ text: String) {
    #expect {
      try Tokenizer.load(bytes: Array(text.utf8), source: "tokenizer.json")
    } throws: {
      $0 is any ReportableError
    }
  }

  @Test func aMissingFileAndAFolderWithoutOneAreRefused() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.missing(path: folder.file("none.json"))) {
      try Tokenizer.load(path: folder.file("none.json"))
    }
    #expect(throws: FileError.missing(path: folder.file("tokenizer.json"))) {
      try Tokenizer.load(path: folder.path)
    }
  }

  /// Every prefix of a file, and the file with a byte changed, loads or gives an error.
  @Test func damagedFilesNeverStopTheProcess() throws {
    let bytes = Array(try TokenizerFixture.small().encoded().utf8)
    for length in stride(from: 0, to: bytes.count, by: 7) {
      #expect {
        try Tokenizer.load(bytes: Array(bytes.prefix(length)), source: "tokenizer.json")
      } throws: {
        $0 is any ReportableError
      }
    }
    var random = DeterministicRandom(seed: 1, domain: "damaged tokenizer")
    for _ in 0..<500 {
      var damaged = bytes
      damaged[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
      if let tokenizer = try? Tokenizer.load(bytes: damaged, source: "tokenizer.json") {
        let ids = tokenizer.encode("the then\u{FFFD} é 12<|endoftext|>", template: true)
        _ = tokenizer.decode(ids)
      }
    }
  }
}
