/// What a person does at a keyboard, whatever bytes the terminal makes of it.
package enum Key: Sendable, Equatable {
  /// Characters, without line ends.
  case text(String)
  /// A pasted text as it is, line ends included.
  case paste(String)
  /// A pasted text beyond the limit, of which nothing is kept.
  case pasteTooLong
  case enter
  /// A line end within the text.
  case newLine
  case left
  case right
  case up
  case down
  case wordLeft
  case wordRight
  case home
  case end
  case backspace
  case delete
  case deleteWord
  case deleteToStart
  case deleteToEnd
  /// Ctrl-D: the end of the input, or the character under the cursor goes.
  case endOfInput
  case clearScreen
}
