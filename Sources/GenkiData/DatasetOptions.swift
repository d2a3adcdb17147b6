import GenkiCore
import GenkiFormats

/// How data files become windows.
public struct DatasetOptions: Sendable {
  /// No model here has a longer context.
  public static let blockSizeMax = 1 << 20

  /// How lines and documents become tokens. The tokens of held-out text decide a round, so each round
  /// keeps the rules that it was announced with.
  public enum Rules: String, Sendable {
    /// Those of version 0.1: five shapes of lines, other fields unseen; documents begin with nothing; the
    /// end token is `tokenizer_config.json`'s or `<|endoftext|>`; tables and `.jsonlines` are text.
    case first
    /// Those of docs/data-files.md.
    case current

    /// The rules of a round by its manifest's `dama_dtype`, which those of version 0.1 do not have.
    public init(damaDtype: String?) { self = damaDtype == nil ? .first : .current }

    /// Which files of a folder make its tokenizer under these rules.
    public var tokenizerDeclarations: Tokenizer.Declarations {
      self == .first ? .tokenizerFileOnly : .folder
    }
  }

  /// How a file is to be read.
  public enum Format: Sendable, Equatable {
    /// By the end of its name: `.jsonl`, `.jsonlines`, `.ndjson` and `.json` are JSONL, tables are refused,
    /// everything else is plain text.
    case byName
    /// By the end of another name: that which a round's rules give the file, whatever a validator calls it.
    case named(String)
    case text
    case jsonLines
  }

  /// Tokens of input in a window.
  public var blockSize: Int
  /// How files are read.
  public var format = Format.byName
  /// How lines and documents become tokens.
  public var rules = Rules.current
  /// How conversations are written.
  public var chat = ChatFormat.builtIn(.plain)
  /// Ends documents of JSONL text and, in the plain template, responses.
  public var endToken = EndToken()
  /// Other ids that end a turn, as the model's files have them.
  public var furtherEndTokenIDs: [Int32] = []
  /// The model's number of token ids; larger ids in the data are refused. nil does not check.
  public var vocabularySize: Int?
  /// More bad lines than this in a file are an error.
  public var badLinesMaximum = 100
  /// A larger share of bad lines among a file's lines is an error.
  public var badFractionMaximum = 0.5
  /// A longer line of JSONL is a bad line.
  public var lineBytesMaximum = 4 << 20
  /// A larger file is refused: its tokens would not fit into memory.
  public var fileBytesMaximum = 4 << 30

  /// Options with the plain template and no end token.
  public init(blockSize: Int) {
    self.blockSize = blockSize
  }

  /// The ids that end a turn, that of documents first.
  var endTokenIDs: [Int32] { [endToken.id].compactMap(\.self) + furtherEndTokenIDs }

  /// Options that fit a model: its chat template, its end token and its number of ids.
  ///
  /// - Parameters:
  ///   - chat: how conversations are written, where not in the model's own way.
  ///   - rules: how lines and documents become tokens.
  /// - Throws: `DataError` for an unknown name or a malformed file of the folder.
  public init(
    blockSize: Int, modelFolder: String, tokenizer: Tokenizer, vocabularySize: Int? = nil,
    chat choice: ChatChoice = ChatChoice(), rules: Rules = .current
  ) throws {
    self.blockSize = blockSize
    self.vocabularySize = vocabularySize
    self.rules = rules
    let settings = try ModelChatSettings.load(folder: modelFolder, rules: rules)
    endToken = EndToken(firstOf: settings.endTokens, in: tokenizer)
    furtherEndTokenIDs = settings.endTokens.compactMap { $0.id(in: tokenizer) }
    chat = try ChatFormat(settings: settings, choice: choice, rules: rules)
  }
}
