import Foundation
import GenkiCore

/// Reads texts from a terminal: a line editor with history, in which a text may have several lines.
package struct LineReader {
  /// What a person answered a prompt with.
  package enum Answer: Sendable, Equatable {
    case text(String)
    /// Ctrl-D, or the terminal is gone.
    case ended
    /// Ctrl-C where nothing was typed.
    case interrupted
  }

  /// Something that was not taken, in a sentence.
  package typealias Refusal = (String) -> Void

  private static let chunkBytes = 1 << 16
  /// The bytes of one key come at once; after so long an escape stands for itself.
  private static let escapeMilliseconds: Int32 = 50

  private let terminal: Terminal
  private let signals: TerminalSignals
  private let console: Console
  private let bytesMaximum: Int
  private var decoder: KeyDecoder
  private var editor: LineEditor
  private var drawing = LineDrawing()
  /// Keys that came with the end of a text before: they belong to the next.
  private var keys: ArraySlice<Key> = []
  private var chunk = [UInt8](repeating: 0, count: LineReader.chunkBytes)

  /// A reader of texts up to so many bytes.
  package init(
    terminal: Terminal, signals: TerminalSignals, console: Console, bytesMaximum: Int = 1 << 20
  ) {
    self.terminal = terminal
    self.signals = signals
    self.console = console
    self.bytesMaximum = bytesMaximum
    decoder = KeyDecoder(pasteBytesMaximum: bytesMaximum)
    editor = LineEditor(bytesMaximum: bytesMaximum)
  }

  /// Shows a prompt and waits for an answer.
  ///
  /// - Throws: `FileError` when the terminal cannot be read.
  package mutating func next(prompt: String, refused: Refusal) throws -> Answer {
    signals.beginEditing()
    if terminal.isPlain { console.fragment(prompt) }
    while true {
      while let key = keys.popFirst() {
        if let answer = take(key, prompt, refused) { return answer }
      }
      draw(prompt)
      if let answer = try wait(prompt) { return answer }
    }
  }

  private mutating func take(_ key: Key, _ prompt: String, _ refused: Refusal) -> Answer? {
    let before = editor.buffer
    switch editor.take(key) {
    case .changed, .unchanged: break
    case .submitted(let text):
      // Before the screen says that it was taken: Ctrl-C is about the answer from then on.
      signals.beginWork()
      finish(before, prompt)
      if terminal.isPlain, isCut(text) {
        refused("a line is longer than this terminal hands on: nothing was taken")
        return .text("")
      }
      return .text(text)
    case .ended:
      finish(before, prompt)
      return .ended
    case .cleared:
      if !terminal.isPlain { console.fragment("\u{1B}[H\u{1B}[2J") }
      drawing = LineDrawing()
    case .tooLong:
      if !terminal.isPlain { console.fragment(drawing.erase()) }
      refused("a text may have \(bytesMaximum) bytes: what was typed or pasted last was not taken")
    }
    return nil
  }

  private func isCut(_ text: String) -> Bool {
    text.split(separator: "\n").contains { $0.utf8.count >= Terminal.plainLineBytesMaximum }
  }

  private func view(_ buffer: TextBuffer, _ prompt: String) -> LineView {
    LineView(
      buffer, prompt: prompt, style: { console.styled($0, .bold) }, columns: terminal.size.columns)
  }

  private mutating func draw(_ prompt: String) {
    guard !terminal.isPlain else { return }
    console.fragment(drawing.draw(view(editor.buffer, prompt), height: terminal.size.rows))
  }

  /// Leaves a text on the screen as it is.
  private mutating func finish(_ buffer: TextBuffer, _ prompt: String, mark: String = "") {
    guard !terminal.isPlain else { return }
    var whole = TextBuffer(buffer.text)
    whole.insert(mark)
    console.fragment(drawing.finish(view(whole, prompt)))
  }

  /// Waits for keys, a signal or the end.
  private mutating func wait(_ prompt: String) throws -> Answer? {
    var ready = [
      pollfd(fd: terminal.input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&ready, 2, decoder.isWithinEscape ? Self.escapeMilliseconds : -1)
    if count == 0 { decoder.endEscape() }
    if count <= 0 { return nil }
    if ready[1].revents != 0 {
      for event in signals.takeEvents() where event == .interrupted {
        if let answer = interrupt(prompt) { return answer }
      }
    }
    return ready[0].revents == 0 ? nil : try read()
  }

  private mutating func interrupt(_ prompt: String) -> Answer? {
    let isEmpty = editor.buffer.isEmpty
    finish(editor.buffer, prompt, mark: "^C")
    decoder.reset()
    editor.clear()
    keys = []
    if terminal.isPlain { console.fragment("\n" + (isEmpty ? "" : prompt)) }
    return isEmpty ? .interrupted : nil
  }

  private mutating func read() throws -> Answer? {
    let count = Foundation.read(terminal.input, &chunk, chunk.count)
    if count > 0 {
      keys += decoder.append(chunk[..<count])
      return nil
    }
    switch errno {
    case _ where count == 0: return .ended
    // What a terminal says that has been hung up.
    case EIO: return .ended
    case EINTR, EAGAIN: return nil
    default: throw FileError.cannotRead(path: "the terminal", code: errno)
    }
  }
}
