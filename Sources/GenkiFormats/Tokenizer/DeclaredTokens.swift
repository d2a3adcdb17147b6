import GenkiCore

/// What the files beside a `tokenizer.json` declare of its tokens, read as transformers reads them.
///
/// `added_tokens_decoder` of tokenizer_config.json comes first; where it is absent, added_tokens.json
/// and special_tokens_map.json are read, as older programs wrote them. Tokens that are only named
/// (`eos_token` and its like, `additional_special_tokens`) become special tokens, too.
struct DeclaredTokens {
  /// A token that a file declares with its id, or only names.
  struct Token {
    var content: String
    /// Nil where a file only names the token.
    var id: Int32?
    var isSingleWord = false
    var stripsLeft = false
    var stripsRight = false
    var isNormalized = false
    var isSpecial = true
    /// It is the end token or the like.
    var isNamed = true
    /// Its flags count more than those of tokenizer.json.
    var overrides = false
    /// Where it stands, for errors.
    var place: JSONField

    /// It as an added token.
    func token(id: Int32, isSpecial: Bool) -> AddedToken {
      AddedToken(
        id: id, content: content, isSingleWord: isSingleWord, stripsLeft: stripsLeft,
        stripsRight: stripsRight, isNormalized: isNormalized, isSpecial: isSpecial)
    }
  }

  /// Tokens with ids, in the order of the ids, then tokens that are named.
  private(set) var tokens: [Token] = []
  /// Whether a text gets a blank in front; nil leaves what tokenizer.json says.
  private(set) var addsPrefixSpace: Bool?
  /// The class that reads the tokenizer, without `Fast`.
  private(set) var className: String?
  /// Whether the settings ask for the begin token in front of a text, and which they name.
  private(set) var addsBeginToken = false
  private(set) var beginToken: String?

  /// Whether begin, end and unknown token are named.
  private var namesAllOfClass = false

  private static let names = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]
  private static let lists = ["additional_special_tokens", "extra_special_tokens"]
  /// Kinds of models whose tokenizer is GPT-2's where no file names a class.
  private static let gpt2Models: Set = ["gpt2", "gpt_neo", "gptj", "phi", "starcoder2", "codegen"]

  /// Nothing is declared.
  init() {}

  /// Reads the files of a folder.
  init(folder: String) throws {
    let settings = try Self.read(ModelFiles.tokenizerSettings, in: folder)
    className = try Self.className(settings, folder: folder)
    let declared = settings?["added_tokens_decoder"]
    var map: JSONField?
    if let declared, !declared.isNull {
      tokens = try Self.decoderTokens(declared)
    } else {
      map = try Self.read(ModelFiles.specialTokensMap, in: folder)
    }
    let named = try Self.namedTokens([map, settings].compactMap { $0 })
    let special = Set(named.map { Array($0.content.utf8) })
    if declared?.isNull ?? true {
      tokens = try Self.listedTokens(folder, special: special)
    }
    tokens.sort { ($0.id ?? 0) < ($1.id ?? 0) }
    let known = Set(tokens.map { Array($0.content.utf8) })
    for index in tokens.indices {
      tokens[index].isNamed = special.contains(Array(tokens[index].content.utf8))
    }
    tokens += named.filter { !known.contains(Array($0.content.utf8)) }
    let keys = Set(named.map(\.place.path))
    namesAllOfClass = keys.isSuperset(of: ["bos_token", "eos_token", "unk_token"])
    try readFlags(settings)
  }

  /// The same with the token that the class itself names where the files leave out one of begin, end and
  /// unknown.
  func with(namedBy place: JSONField, _ token: String) -> DeclaredTokens {
    guard !namesAllOfClass,
      !tokens.contains(where: { $0.content.utf8.elementsEqual(token.utf8) })
    else { return self }
    var result = self
    result.tokens.append(Token(content: token, id: nil, place: place))
    return result
  }

  private mutating func readFlags(_ settings: JSONField?) throws {
    let flag = settings?["add_prefix_space"]
    let isGiven = flag.map { !$0.isNull } ?? false
    if className == "GPT2Tokenizer" {
      addsPrefixSpace = try flag?.bool(default: false) ?? false
    } else if isGiven, className == "GPTNeoXTokenizer" || className == "Qwen2Tokenizer" {
      addsPrefixSpace = try flag?.bool(default: false)
    }
    addsBeginToken = try settings?["add_bos_token"].bool(default: false) ?? false
    beginToken = try settings.flatMap { try Self.content($0["bos_token"]) }
  }

  /// A JSON file of the folder; nil if there is none.
  static func read(_ name: String, in folder: String) throws -> JSONField? {
    guard ModelFolder.hasFile(name, in: folder) else { return nil }
    let path = "\(folder)/\(name)"
    let bytes = try TextFile.readBytes(path, sizeLimit: TokenizerLimits.fileBytes)
    let limits = JSONLimits(bytes: TokenizerLimits.fileBytes, values: TokenizerLimits.jsonValues)
    let json = try JSONValue.parse(bytes, source: path, limits: limits)
    let field = JSONField(value: json, path: "", source: path)
    guard json.objectValue != nil else { throw field.malformed("an object was expected") }
    return field
  }

  private static func className(_ settings: JSONField?, folder: String) throws -> String? {
    if let name = try settings?["tokenizer_class"].optionalString() {
      return name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
    }
    guard let model = try read(ModelFiles.configuration, in: folder) else { return nil }
    if let name = model["tokenizer_class"].value?.stringValue { return name }
    let kind = model["model_type"].value?.stringValue ?? ""
    return gpt2Models.contains(kind) ? "GPT2Tokenizer" : nil
  }

  private static func decoderTokens(_ field: JSONField) throws -> [Token] {
    try field.members(maximum: TokenizerLimits.addedTokens).map { key, entry in
      guard let id = Int32(key), id >= 0, id < TokenizerLimits.tokens else {
        throw entry.malformed("an id was expected as its key")
      }
      var token = try token(entry, id: id, isSpecial: false)
      token.overrides = true
      return token
    }
  }

  private static func listedTokens(_ folder: String, special: Set<[UInt8]>) throws -> [Token] {
    guard let list = try read(ModelFiles.addedTokens, in: folder) else { return [] }
    return try list.members(maximum: TokenizerLimits.addedTokens).map { content, entry in
      let isSpecial = special.contains(Array(content.utf8))
      return Token(
        content: content, id: try entry.id(), isNormalized: !isSpecial, isSpecial: isSpecial,
        place: entry)
    }
  }

  /// The tokens that files name; of a key in several the first file counts.
  private static func namedTokens(_ files: [JSONField]) throws -> [Token] {
    var result: [Token] = []
    var contents: Set<[UInt8]> = []
    func add(_ field: JSONField) throws {
      guard let token = try named(field), contents.insert(Array(token.content.utf8)).inserted
      else { return }
      result.append(token)
      guard result.count <= TokenizerLimits.addedTokens else {
        throw field.tooLarge(result.count, TokenizerLimits.addedTokens)
      }
    }
    func first(_ key: String) -> JSONField? { files.map { $0[key] }.first { !$0.isNull } }
    for key in names { try first(key).map(add) }
    for field in try ownTokens(files) { try add(field) }
    for list in lists.compactMap(first) {
      if list.value?.objectValue != nil {
        for (_, entry) in try list.members(maximum: TokenizerLimits.addedTokens) { try add(entry) }
      } else {
        for entry in try list.elements(maximum: TokenizerLimits.addedTokens) { try add(entry) }
      }
    }
    return result
  }

  /// A model's own names: image_token and the like. A key counts where a file has a string there.
  private static func ownTokens(_ files: [JSONField]) throws -> [JSONField] {
    var first: [[UInt8]: JSONField] = [:]
    var keys: [[UInt8]] = []
    for file in files {
      for (key, field) in try file.members(maximum: TokenizerLimits.declarations)
      where key.hasSuffix("_token") && !names.contains(key) && !field.isNull {
        let key = Array(key.utf8)
        if first[key] == nil { first[key] = field }
        guard field.value?.stringValue != nil else { continue }
        keys.append(key)
        guard keys.count <= TokenizerLimits.ownTokens else {
          throw field.tooLarge(keys.count, TokenizerLimits.ownTokens)
        }
      }
    }
    return keys.compactMap { first[$0] }
  }

  private static func named(_ field: JSONField) throws -> Token? {
    guard field.value?.objectValue == nil else {
      var token = try token(field, id: nil, isSpecial: true)
      token.isSpecial = true
      return token.content.isEmpty ? nil : token
    }
    guard let text = field.value?.stringValue, !text.isEmpty else { return nil }
    return Token(content: text, id: nil, place: field)
  }

  private static func content(_ field: JSONField) throws -> String? {
    try field.value?.objectValue == nil
      ? field.optionalString() : field["content"].optionalString()
  }

  private static func token(_ field: JSONField, id: Int32?, isSpecial: Bool) throws -> Token {
    let isSpecial = try field["special"].bool(default: isSpecial)
    return Token(
      content: try field["content"].string(), id: id,
      isSingleWord: try field["single_word"].bool(default: false),
      stripsLeft: try field["lstrip"].bool(default: false),
      stripsRight: try field["rstrip"].bool(default: false),
      isNormalized: try field["normalized"].bool(default: !isSpecial), isSpecial: isSpecial,
      place: field)
  }
}
