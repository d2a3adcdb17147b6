import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// What the files beside a tokenizer.json declare, as AutoTokenizer of transformers reads the folder.
@Suite struct DeclaredTokensTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSONValue
    var testDescription: String { json["name"]?.stringValue ?? "" }

    func ids(_ key: String, _ index: Int) -> [Int32] {
      (json[key]?.arrayValue?[index].arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) }
    }
  }

  static let cases: [Case] = {
    let path = Vectors.path("formats/tokenizer_declared.jsonl")
    let lines = (try? TextFile.readBytes(path, sizeLimit: 4 << 20).split(separator: 10)) ?? []
    return lines.compactMap { try? Case(json: JSONValue.parse(Array($0), source: path)) }
  }()

  @Test func allCasesAreThere() { #expect(Self.cases.count == 33) }

  @Test(arguments: cases) func aFolderHasTheTokensOfTransformers(_ example: Case) throws {
    let folder = try Self.folder(example)
    let tokenizer = try Tokenizer.load(path: folder.path)
    #expect(tokenizer.vocabularySize == example.json["size"]?.intValue)
    let special = tokenizer.addedTokens.filter(\.isSpecial).map { Int($0.id) }.sorted()
    #expect(special == (example.json["special"]?.arrayValue ?? []).compactMap(\.intValue))
    for (index, text) in (example.json["texts"]?.arrayValue ?? []).enumerated() {
      let text = try #require(text.stringValue)
      let ids = example.ids("ids", index)
      #expect(tokenizer.encode(text) == ids, "\(text)")
      #expect(tokenizer.encode(text, template: true) == example.ids("template", index), "\(text)")
      let skipped = tokenizer.decode(ids, skipSpecialTokens: true)
      #expect(sameBytes(skipped, example.json["skip"]?.arrayValue?[index].stringValue ?? ""))
    }
  }

  /// The first version of these programs read tokenizer.json and nothing else.
  @Test(arguments: cases.filter { !($0.json["base"]?.stringValue ?? "").hasSuffix("+parts") })
  func theFileAloneIsReadWhereThatIsAskedFor(_ example: Case) throws {
    let folder = try Self.folder(example)
    let alone = try Tokenizer.load(path: folder.path, declared: .tokenizerFileOnly)
    let file = try Tokenizer.load(path: folder.file("tokenizer.json"))
    #expect(alone.addedTokens == file.addedTokens)
    #expect(alone.encode("Thou <extra>") == file.encode("Thou <extra>"))
    #expect(alone.id(of: "<extra>") == nil)
  }

  struct BadFolder: Sendable, CustomTestStringConvertible {
    let name: String
    let content: String
    let error: String
    var testDescription: String { "\(name): \(content)" }
  }

  static let badFolders: [BadFolder] = [
    BadFolder(
      name: "tokenizer_config.json",
      content: #"{"added_tokens_decoder":{"2050":{"content":"<x>"}}}"#,
      error: "added_tokens_decoder.2050: '<x>' has id 2050, but the next free id is 2048"),
    BadFolder(
      name: "tokenizer_config.json", content: #"{"added_tokens_decoder":{"5":{"content":"Thou"}}}"#,
      error: "added_tokens_decoder.5: 'Thou' has id 5 here and id 671 in the vocabulary"),
    BadFolder(
      name: "tokenizer_config.json", content: #"{"added_tokens_decoder":{"x":{"content":"a"}}}"#,
      error: "added_tokens_decoder.x: an id was expected as its key"),
    BadFolder(
      name: "tokenizer_config.json", content: #"{"added_tokens_decoder":[]}"#,
      error: "added_tokens_decoder: an object was expected, found an array"),
    BadFolder(
      name: "tokenizer_config.json", content: #"{"added_tokens_decoder":{"2048":{}}}"#,
      error: "added_tokens_decoder.2048.content: a string was expected, found nothing"),
    BadFolder(
      name: "tokenizer_config.json",
      content: #"{"tokenizer_class":"GPT2Tokenizer","add_prefix_space":"yes"}"#,
      error: "add_prefix_space: true or false was expected, found a string"),
    BadFolder(
      name: "added_tokens.json", content: #"{"<x>":2049}"#,
      error: "<x>: '<x>' has id 2049, but the next free id is 2048"),
    BadFolder(
      name: "added_tokens.json", content: "[]",
      error: "the file: an object was expected"),
  ]

  @Test(arguments: badFolders)
  func whatContradictsIsRefusedWithFileAndKey(_ bad: BadFolder) throws {
    let folder = try TemporaryFolder()
    try Self.copyBase("gpt2", to: folder)
    try folder.write(bad.content, to: bad.name)
    let error = try #require(throws: TokenizerError.self) { try Tokenizer.load(path: folder.path) }
    #expect(error.description.hasPrefix("\(folder.file(bad.name)): \(bad.error)"), "\(error)")
  }

  struct LargeFile: Sendable, CustomTestStringConvertible {
    let name: String
    /// What stands around the members, and the member of a number.
    let around: (String, String)
    let member: @Sendable (Int) -> String
    let limit: Int
    /// The key that an error names.
    let key: String
    var testDescription: String { "\(name): \(member(0))" }

    func content(_ count: Int) -> String {
      around.0 + (0..<count).map(member).joined(separator: ",") + around.1
    }
  }

  static let largeFiles: [LargeFile] = [
    LargeFile(
      name: "tokenizer_config.json", around: (#"{"added_tokens_decoder":{"#, "}}"),
      member: { #""\#(2048 + $0)":{"content":"<\#($0)>"}"# }, limit: TokenizerLimits.addedTokens,
      key: "added_tokens_decoder"),
    LargeFile(
      name: "tokenizer_config.json", around: ("{", "}"), member: { #""\#($0)_token":"<\#($0)>""# },
      limit: TokenizerLimits.ownTokens, key: "\(TokenizerLimits.ownTokens)_token"),
    LargeFile(
      name: "tokenizer_config.json", around: ("{", "}"), member: { #""\#($0)_token":[]"# },
      limit: TokenizerLimits.declarations, key: "the file"),
    LargeFile(
      name: "tokenizer_config.json", around: (#"{"extra_special_tokens":{"#, "}}"),
      member: { #""\#($0)":"<\#($0)>""# }, limit: TokenizerLimits.addedTokens,
      key: "extra_special_tokens"),
    LargeFile(
      name: "special_tokens_map.json", around: (#"{"additional_special_tokens":["#, "]}"),
      member: { #""<\#($0)>""# }, limit: TokenizerLimits.addedTokens,
      key: "additional_special_tokens"),
    LargeFile(
      name: "added_tokens.json", around: ("{", "}"), member: { #""<\#($0)>":\#(2048 + $0)"# },
      limit: TokenizerLimits.addedTokens, key: "the file"),
  ]

  /// A look-up that walks an object for each of its members would take minutes.
  @Test(arguments: largeFiles) func largeFilesAreReadQuicklyUpToTheirBound(_ file: LargeFile) throws
  {
    let folder = try TemporaryFolder()
    try Self.copyBase("gpt2", to: folder)
    for count in [file.limit, file.limit + 1, 100_000] {
      try folder.write(file.content(count), to: file.name)
      let start = Self.threadSeconds()
      let result = Result { try Tokenizer.load(path: folder.path) }
      let seconds = Self.threadSeconds() - start
      #expect(seconds < 1)
      guard count > file.limit else {
        #expect(throws: Never.self) { try result.get() }
        continue
      }
      let error = try #require(throws: TokenizerError.self) { try result.get() }
      guard case .tooLarge(let path, let key, let value, let limit) = error else {
        Issue.record("\(error)")
        continue
      }
      #expect(path == folder.file(file.name))
      #expect(value == count || value == file.limit + 1)
      if count > TokenizerLimits.declarations, file.limit == TokenizerLimits.ownTokens {
        #expect(key == "the file" && limit == TokenizerLimits.declarations)
      } else {
        #expect(key == file.key && limit == file.limit)
      }
    }
  }

  /// The processor time of this thread: other tests run beside it.
  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// A key that stands twice has its last value, and two spellings of a letter are two keys.
  @Test func keysAreTakenAsPythonTakesThem() throws {
    let folder = try TemporaryFolder()
    try Self.copyBase("gpt2", to: folder)
    try folder.write(
      "{\"<\u{E9}>\":9,\"<e\u{301}>\":2049,\"<\u{E9}>\":2048}", to: "added_tokens.json")
    let tokenizer = try Tokenizer.load(path: folder.path)
    #expect(tokenizer.encode("<\u{E9}><e\u{301}>") == [2048, 2049])
  }

  @Test func partsOfAnotherClassAreRefused() throws {
    let folder = try TemporaryFolder()
    try Self.copyBase("gpt2+parts", to: folder)
    try folder.write(#"{"tokenizer_class":"BartTokenizer"}"#, to: "tokenizer_config.json")
    let error = try #require(throws: TokenizerError.self) { try Tokenizer.load(path: folder.path) }
    #expect(error.why == "BartTokenizer without a tokenizer.json is not supported")
    try ModelFolder.requireTokenizer(folder.path)
    try folder.write("a b c\n", to: "merges.txt")
    try folder.write("{}", to: "tokenizer_config.json")
    #expect(throws: TokenizerError.self) { try Tokenizer.load(path: folder.path) }
  }

  private static func folder(_ example: Case) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try copyBase(example.json["base"]?.stringValue ?? "", to: folder)
    for (name, content) in example.json["files"]?.objectValue?.entries ?? [] {
      try folder.write(content.encoded(), to: name)
    }
    return folder
  }

  /// The tokenizer.json of a vectors folder, or its vocabulary and merges in two files.
  private static func copyBase(_ base: String, to folder: TemporaryFolder) throws {
    let json = try TokenizerFixture.reference(base.replacing("+parts", with: ""))
    guard base.hasSuffix("+parts") else {
      try folder.write(json.encoded(), to: "tokenizer.json")
      return
    }
    try folder.write(json["model"]?["vocab"]?.encoded() ?? "", to: "vocab.json")
    let merges = (json["model"]?["merges"]?.arrayValue ?? []).compactMap(\.stringValue)
    try folder.write(
      "#version: 0.2\n" + merges.map { $0 + "\n" }.joined(), to: "merges.txt")
  }
}
