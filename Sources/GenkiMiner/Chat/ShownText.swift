import GenkiConsole
import GenkiFormats

/// A text that a model writes, shown as it comes: whole characters only, and none that would drive a
/// terminal.
struct ShownText {
  /// What was written so far, as it is.
  private(set) var text = ""
  private let console: Console
  private var decoder: StreamingDecoder
  private var visible = VisibleText()

  init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool, console: Console) {
    self.console = console
    decoder = StreamingDecoder(tokenizer: tokenizer, skipSpecialTokens: skipSpecialTokens)
  }

  /// Shows what is certain after one more token.
  mutating func append(_ id: Int32) { show(decoder.append(id)) }

  /// Shows what was held back.
  mutating func finish() {
    show(decoder.finish())
    if console.outputIsTerminal { console.fragment(visible.finish()) }
  }

  private mutating func show(_ piece: String) {
    text += piece
    // A file has what the model wrote, whatever it is.
    console.fragment(console.outputIsTerminal ? visible.append(piece) : piece)
  }
}
