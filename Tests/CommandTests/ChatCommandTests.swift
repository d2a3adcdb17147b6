import Foundation
import GenkiCore
import TestSupport
import Testing

/// `chat` as a person meets it: at a terminal.
struct ChatCommandTests {
  private static let prompt = "> "

  @Test func aReplyIsThatOfGenerateAndIsSaved() throws {
    let base = try ChatBase()
    let chat = try base.chat(["--system", "Be brief.", "--max-tokens", "12"])
    #expect(chat.expect(Self.prompt))
    chat.type("Who came home?\r")
    #expect(chat.expect("(cut after 12 tokens)"))
    chat.type("/save \(base.folder.file("chat.json"))\r")
    #expect(chat.expect("(saved in "))
    chat.type("\u{4}")
    #expect(chat.end() == 0)
    #expect(chat.isAsBefore)
    let turns = try base.saved("chat.json")
    #expect(turns.map(\.[0]) == ["system", "user", "assistant"])
    #expect(turns[1][1] == "Who came home?")
    // The same conversation without the reply, from a file.
    let asked = JSONValue.array([
      ["role": "system", "content": "Be brief."], ["role": "user", "content": "Who came home?"],
    ])
    let generated = try base.generate(
      ["--messages", "-", "--max-tokens", "12", "--json"], input: asked.encoded())
    #expect(try generated.document()["text"]?.stringValue == turns[2][1])
    #expect(chat.output.contains(turns[2][1].split(separator: "\n").first ?? "nothing"))
  }

  /// What was said before the second question is the same, whatever is reused.
  @Test func aSecondTurnHasTheFirstBeforeIt() throws {
    let base = try ChatBase()
    let chat = try base.chat(["--max-tokens", "9"])
    for text in ["One fire.", "Two fires."] {
      #expect(chat.expect(Self.prompt))
      chat.type(text + "\r")
      #expect(chat.expect("(cut after 9 tokens)"))
    }
    chat.type("/save \(base.folder.file("chat.json"))\r/exit\r")
    #expect(chat.end() == 0)
    let turns = try base.saved("chat.json")
    try #require(turns.count == 4)
    let asked = JSONValue.array(
      turns.dropLast().map { ["role": .string($0[0]), "content": .string($0[1])] })
    let file = try base.folder.write(asked.encoded(), to: "asked.json")
    let generated = try base.generate(["--messages", file, "--max-tokens", "9", "--json"])
    #expect(try generated.document()["text"]?.stringValue == turns[3][1])
  }

  @Test func ctrlCEndsAReplyAndThenTheChat() throws {
    let base = try ChatBase(context: 32_768)
    let chat = try base.chat()
    #expect(chat.expect(Self.prompt))
    chat.type("Talk.\r")
    #expect(chat.expect("Talk.\r\n"))
    chat.type("\u{3}")
    #expect(chat.expect("(stopped"))
    #expect(chat.expect(Self.prompt))
    // What was said stays.
    chat.type("/save \(base.folder.file("chat.json"))\r")
    #expect(chat.expect("(saved in ") || chat.output.contains("taken back"))
    // Where something is typed it goes; where nothing is, the chat.
    chat.type("half a sentence")
    #expect(chat.expect("sentence"))
    chat.type("\u{3}")
    #expect(chat.expect("^C"))
    chat.type("\u{3}")
    #expect(chat.end() == 130)
    #expect(chat.isAsBefore)
  }

  @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
  func aSignalGivesTheTerminalBack(signal: Int32) throws {
    let base = try ChatBase(context: 32_768)
    let chat = try base.chat()
    #expect(chat.expect(Self.prompt))
    #expect(!chat.isAsBefore)
    if signal != SIGINT {
      chat.type("Talk.\r")
      #expect(chat.expect("Talk.\r\n"))
    }
    chat.send(signal)
    #expect(chat.end() == 128 + signal)
    #expect(chat.isAsBefore)
    #expect(chat.output.hasSuffix("\u{1B}[?2004l") || chat.output.contains("\u{1B}[?2004l\r\n"))
  }

  @Test func aTextMayBeLongerThanALineOfATerminalAndHaveSeveralLines() throws {
    let base = try ChatBase(context: 32_768)
    let chat = try base.chat(["--max-tokens", "3"])
    #expect(chat.expect(Self.prompt))
    let long = (0..<2000).map { "w\($0)" }.joined(separator: " ")
    #expect(long.utf8.count > 8000)
    chat.type(long + "\r")
    #expect(chat.expect("(cut after"))
    let pasted = "one\n\ttwo\nthree\\"
    chat.type("\u{1B}[200~\(pasted.replacing("\n", with: "\r"))\u{1B}[201~ four\r")
    #expect(chat.expect("(cut after"))
    chat.type("with a backslash\\\rand Alt\u{1B}\rEnter\r")
    #expect(chat.expect("(cut after"))
    chat.type("/save \(base.folder.file("chat.json"))\r/exit\r")
    #expect(chat.end() == 0)
    let asked = try base.saved("chat.json").filter { $0[0] == "user" }.map(\.[1])
    #expect(asked == [long, pasted + " four", "with a backslash\nand Alt\nEnter"])
  }

  @Test func commandsAreNotSentAndWhatLooksLikeOneIsTold() throws {
    let base = try ChatBase()
    let chat = try base.chat(["--max-tokens", "3"])
    #expect(chat.expect(Self.prompt))
    chat.type("/foo bar\r")
    #expect(chat.expect("(there is no \"/foo\""))
    chat.type("/save\r")
    #expect(chat.expect("/save needs"))
    chat.type("/save \(base.model)\r")
    #expect(chat.expect("not of this chat"))
    chat.type("/save \(base.folder.file("nowhere/chat.json"))\r")
    #expect(chat.expect("create the folder first"))
    chat.type("Forget me.\r")
    #expect(chat.expect("(cut after"))
    chat.type("/reset\r")
    #expect(chat.expect("forgotten"))
    chat.type("//usr is a folder\r")
    #expect(chat.expect("(cut after"))
    let file = base.folder.file("chat.json")
    // A file of this chat is written again.
    chat.type("/save \(file)\r/save \(file)\r/help\r")
    #expect(chat.expect("(saved in ") && chat.expect("(saved in ") && chat.expect("/reset "))
    chat.type("/exit\r")
    #expect(chat.end() == 0)
    #expect(try base.saved("chat.json").first == ["user", "/usr is a folder"])
    #expect(try base.folder.names().filter { $0.hasSuffix(".tmp") }.isEmpty)
  }

  @Test func theOldestExchangeGoesWhenTheContextIsFull() throws {
    let base = try ChatBase(context: 96)
    let chat = try base.chat(["--max-tokens", "20", "--system", "Rest."])
    #expect(chat.expect(Self.prompt))
    for number in 1...4 {
      chat.type("Question \(number)\r")
      #expect(chat.expect("(cut after 20 tokens)"))
    }
    #expect(chat.output.contains("(the context of 96 tokens is full: the oldest exchange is"))
    chat.type(String(repeating: "too long ", count: 60) + "\r")
    #expect(chat.expect("the context has 96"))
    chat.type("/save \(base.folder.file("chat.json"))\r/exit\r")
    #expect(chat.end() == 0)
    let turns = try base.saved("chat.json")
    #expect(turns.first == ["system", "Rest."])
    #expect(!turns.contains(["user", "Question 1"]))
    #expect(turns.contains(["user", "Question 4"]))
  }

  @Test func repliesGoToStdoutAndNotesToStderr() throws {
    let base = try ChatBase()
    let notes = base.folder.file("notes")
    let chat = try base.chat(["--max-tokens", "3"], errors: notes)
    #expect(chat.expect(Self.prompt))
    chat.type("Talk.\r/exit\r")
    #expect(chat.end() == 0)
    #expect(!chat.output.contains("(cut after"))
    #expect(try TextFile.readString(notes, sizeLimit: 1 << 16).contains("(cut after 3 tokens)"))
  }

  @Test func colourIsRefusedByNOCOLOR() throws {
    let base = try ChatBase()
    for (refused, expected) in [("1", false), ("", true)] {
      let chat = try base.chat(environment: ["NO_COLOR": refused])
      #expect(chat.expect("> "))
      chat.type("\u{4}")
      #expect(chat.end() == 0)
      #expect(chat.output.contains("\u{1B}[1m> ") == expected)
    }
  }

  @Test func aTerminalWithoutCursorMovementIsLeftAlone() throws {
    let base = try ChatBase()
    let chat = try base.chat(["--max-tokens", "3"], environment: ["TERM": "dumb"])
    #expect(chat.expect(Self.prompt))
    #expect(chat.isAsBefore)
    chat.type("Talk.\n")
    #expect(chat.expect("(cut after"))
    chat.type("\u{4}")
    #expect(chat.end() == 0)
    #expect(!chat.output.contains("\u{1B}"))
  }

  @Test func withoutATerminalThereIsAHint() throws {
    let base = try ChatBase()
    let run = try ProgramRun("genki-minerd", ["chat", "--model", base.model])
    #expect(run.status == ErrorKind.usage.rawValue)
    #expect(run.errors.contains("generate --messages"))
    #expect(run.output.isEmpty)
  }

  @Test(arguments: [
    ["--temperature", "-1"], ["--top-p", "0"], ["--max-tokens", "0"], ["--date", "2024-02-30"],
    ["--date", "today"], ["--chat-template", "none"], ["--chat-template-arguments", "[1]"],
    ["--chat-template-arguments", "{"],
  ])
  func anOptionThatIsWrongIsNamedAndTheTerminalGivenBack(option: [String]) throws {
    let base = try ChatBase()
    let chat = try TerminalProgram("genki-minerd", ["chat", "--model", base.model] + option)
    #expect(chat.end() == ErrorKind.usage.rawValue)
    #expect(chat.isAsBefore)
    #expect(chat.output.contains(option[0].dropFirst(2).split(separator: "-")[0]))
  }

  @Test func aModelThatIsNotThereGivesTheTerminalBack() throws {
    let chat = try TerminalProgram("genki-minerd", ["chat", "--model", "nowhere"])
    #expect(chat.end() != 0)
    #expect(chat.isAsBefore)
    #expect(chat.output.contains("nowhere"))
  }
}
