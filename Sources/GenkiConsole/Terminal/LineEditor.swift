/// A text that is being typed, with what was typed before: keys in, what became of them out.
package struct LineEditor: Sendable {
  /// What a key led to.
  package enum Outcome: Sendable, Equatable {
    /// The text or the cursor changed.
    case changed
    /// Nothing to see.
    case unchanged
    case submitted(String)
    case ended
    case cleared
    /// The text would be longer than the limit; nothing of the key was taken.
    case tooLong
  }

  /// Texts that the cursor keys bring back.
  private static let historyMaximum = 200

  package private(set) var buffer = TextBuffer()
  private let bytesMaximum: Int
  private var history: [String] = []
  /// The place in the history that is shown; its end is the text being typed.
  private var place = 0
  /// The text being typed, while another one is shown.
  private var draft = ""

  /// An editor for texts up to so many bytes.
  package init(bytesMaximum: Int) { self.bytesMaximum = bytesMaximum }

  /// Takes a key.
  package mutating func take(_ key: Key) -> Outcome {
    switch key {
    case .text(let text), .paste(let text): return insert(text)
    case .pasteTooLong: return .tooLong
    case .newLine: return insert("\n")
    case .enter: return enter()
    case .endOfInput:
      if buffer.isEmpty { return .ended }
      return buffer.apply(.delete) ? .changed : .unchanged
    case .clearScreen: return .cleared
    case .up: return buffer.moveLine(by: -1) || recall(-1) ? .changed : .unchanged
    case .down: return buffer.moveLine(by: 1) || recall(1) ? .changed : .unchanged
    default: return buffer.apply(key) ? .changed : .unchanged
    }
  }

  /// Drops what was typed; what stands there is empty then.
  package mutating func clear() {
    buffer = TextBuffer()
    place = history.count
    draft = ""
  }

  private mutating func insert(_ text: String) -> Outcome {
    guard !text.isEmpty else { return .unchanged }
    guard buffer.byteCount + text.utf8.count <= bytesMaximum else { return .tooLong }
    buffer.insert(text)
    return .changed
  }

  /// A backslash at the end goes on in a new line.
  private mutating func enter() -> Outcome {
    if buffer.isAtEnd, buffer.text.last == "\\" {
      _ = buffer.apply(.backspace)
      buffer.insert("\n")
      return .changed
    }
    let text = buffer.text
    if !text.isEmpty, text != history.last {
      history.append(text)
      if history.count > Self.historyMaximum { history.removeFirst() }
    }
    clear()
    return .submitted(text)
  }

  private mutating func recall(_ step: Int) -> Bool {
    let next = place + step
    guard next >= 0, next <= history.count else { return false }
    if place == history.count { draft = buffer.text }
    place = next
    buffer = TextBuffer(next == history.count ? draft : history[next])
    return true
  }
}
