import GenkiCore
import GenkiFormats

/// How data files become windows.
public struct DatasetOptions: Sendable {
  /// No model here has a longer context.
  public static let blockSizeMax = 1 << 20

  /// How a file is to be read.
  public enum Format: Sendable {
    /// `.jsonl`, `.ndjson` and `.json` as JSONL, everything else as plain text.
    case byName
    case text
    case jsonLines
  }

  /// Tokens of input in a window.
  public var blockSize: Int
  /// How files are read.
  public var format = Format.byName
  /// How conversations are written.
  public var chatTemplate = ChatTemplate.plain
  /// The file of a model whose chat template we do not know: conversations are then refused until
  /// a template is chosen by name.
  public var unrecognisedTemplatePath: String?
  /// Ends documents of JSONL text and, in the plain template, responses; nil adds nothing.
  public var endTokenID: Int32?
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

  /// Options that fit a model: its chat template, its end token and its number of ids.
  ///
  /// - Parameters:
  ///   - templateName: chooses a built-in template instead of the model's own.
  /// - Throws: `DataError` for an unknown name or a malformed `tokenizer_config.json`.
  public init(
    blockSize: Int, modelFolder: String, tokenizer: Tokenizer, vocabularySize: Int? = nil,
    templateName: String? = nil
  ) throws {
    self.blockSize = blockSize
    self.vocabularySize = vocabularySize
    let settings = try ModelChatSettings.load(folder: modelFolder)
    let endText = settings.endToken ?? "<|endoftext|>"
    endTokenID = tokenizer.id(of: endText)
    if let templateName {
      chatTemplate = try ChatTemplate(named: templateName, beginToken: settings.beginToken)
    } else if let template = settings.template {
      chatTemplate = template
    } else {
      unrecognisedTemplatePath = settings.unrecognisedTemplatePath
    }
  }
}
