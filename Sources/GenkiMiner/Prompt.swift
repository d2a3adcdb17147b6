import GenkiConsole
import GenkiFormats
import GenkiModel

/// A text that is put before a model.
enum Prompt {
  /// The ids of a text as transformers encodes it; an empty one starts a new text.
  ///
  /// - Throws: `UsageError` when the text is empty and the model has no token that begins one.
  static func ids(
    of text: String, _ tokenizer: Tokenizer, _ configuration: ModelConfiguration, option: String
  ) throws -> [Int32] {
    let ids = tokenizer.encode(text, addedTokens: true, template: true)
    guard ids.isEmpty else { return ids }
    guard let begin = configuration.beginTokenID ?? configuration.endTokenIDs.first,
      let id = Int32(exactly: begin)
    else { throw UsageError(option, "it is empty and the model has no begin token") }
    return [id]
  }
}
