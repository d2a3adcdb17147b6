/// What a line typed in a chat asks for.
package enum ChatInput: Sendable, Equatable {
  /// Nothing but blanks.
  case nothing
  /// A turn of the user.
  case say(String)
  case reset
  case save(path: String)
  case help
  case exit
  /// It looks like a command and is none; a sentence on it.
  case refused(String)

  /// The commands, for people.
  package static let commands = """
    /reset      forget what was said
    /save FILE  write the conversation as JSON (generate --messages reads it, and
                it is a data line for finetune)
    /exit       end the chat, as Ctrl-D does
    /help       this list

    A text that begins with a slash is sent with two. Alt-Enter, or a backslash at
    the end of a line, goes on in a new line; a pasted text is taken whole.
    Ctrl-C ends a reply; where nothing is typed, the chat.
    """

  /// Understands a text that was typed.
  package init(_ text: String) {
    if text.hasPrefix("//") {
      self = .say(String(text.dropFirst()))
    } else if text.hasPrefix("/") {
      self = Self.command(text)
    } else {
      self = text.allSatisfy(\.isWhitespace) ? .nothing : .say(text)
    }
  }

  private static func command(_ text: String) -> ChatInput {
    let parts = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    let name = parts.first.map(String.init) ?? text
    let rest = (parts.count > 1 ? parts[1] : "").drop(while: \.isWhitespace)
    let argument = String(rest.reversed().drop(while: \.isWhitespace).reversed())
    switch name {
    case "/save":
      return argument.isEmpty ? .refused("/save needs the name of a file") : .save(path: argument)
    case "/reset", "/exit", "/help":
      guard argument.isEmpty else { return .refused("\(name) stands alone") }
      return name == "/reset" ? .reset : name == "/exit" ? .exit : .help
    default:
      return .refused(
        "there is no \(name.quoted(limit: 40)): /help lists the commands, and a text that begins "
          + "with a slash is sent with two")
    }
  }
}
