import GenkiCore
import GenkiData
import GenkiMiner
import TestSupport
import Testing

/// A conversation as values: what is asked for, and what goes when the context is full.
struct ChatSessionTests {
  private static let inputs: [(text: String, input: ChatInput)] = [
    ("hello", .say("hello")), (" /reset", .say(" /reset")), ("a /reset", .say("a /reset")),
    ("", .nothing), (" \n\t", .nothing), ("//usr/bin", .say("/usr/bin")), ("//", .say("/")),
    ("/reset", .reset), ("/reset ", .reset), ("/exit", .exit), ("/help", .help),
    ("/save a b.json ", .save(path: "a b.json")), ("/save\tx", .save(path: "x")),
  ]

  @Test(arguments: inputs.indices) func aTextIsUnderstood(index: Int) {
    #expect(ChatInput(Self.inputs[index].text) == Self.inputs[index].input)
  }

  @Test(arguments: ["/", "/Reset", "/reset now", "/save", "/save  ", "/exit!", "/resetx", "/a\nb"])
  func whatIsNoCommandIsRefused(text: String) {
    guard case .refused = ChatInput(text) else {
      Issue.record("\(text) was understood")
      return
    }
  }

  /// A template that gives each turn ten tokens, and the reply that is asked for one.
  private func encode(_ messages: [ChatMessage]) -> [Int32] {
    messages.flatMap { [Int32](repeating: Int32($0.content.count), count: 10) } + [0]
  }

  private func session(exchanges: Int, system: String? = "system") -> ChatSession {
    var session = ChatSession(system: system)
    for number in 0..<exchanges {
      session.ask("question \(number)")
      session.answer("answer \(number)")
    }
    session.ask("last")
    return session
  }

  /// Context and reserve, how many of three exchanges go, and the tokens that are left.
  @Test(arguments: [
    (101, 20, 0, 81), (100, 20, 1, 61), (81, 20, 1, 61), (80, 20, 2, 41), (61, 20, 2, 41),
    (60, 20, 3, 21), (41, 20, 3, 21),
    // Nothing is left that could go: the reply takes what room there is.
    (40, 20, 3, 21), (22, 20, 3, 21),
  ])
  func theOldestExchangesGo(context: Int, reserve: Int, forgotten: Int, tokens: Int) throws {
    var session = session(exchanges: 3)
    let prompt = try session.prompt(context: context, reserve: reserve, encode: encode)
    #expect(prompt.forgotten == forgotten)
    #expect(prompt.ids.count == tokens)
    #expect(session.messages.map(\.content).first == "system")
    #expect(session.messages.map(\.content).last == "last")
    #expect(session.messages.count == 2 + 2 * (3 - forgotten))
    #expect(session.hasOlderExchange == (forgotten < 3))
    if forgotten < 3 { #expect(session.messages[1].content == "question \(forgotten)") }
  }

  @Test func aReplyThatFillsTheContextGoesOnWithoutTheOldest() throws {
    var session = session(exchanges: 2, system: nil)
    let reply = [Int32](repeating: 7, count: 9)
    let prompt = try session.prompt(context: 60, reserve: 5, reply: reply, encode: encode)
    #expect(prompt.forgotten == 1)
    #expect(prompt.ids.suffix(9) == reply[...])
    #expect(prompt.ids.count == 31 + 9)
  }

  @Test func aQuestionThatDoesNotFitLeavesEverythingAsItIs() {
    var session = session(exchanges: 2)
    let before = session
    #expect(throws: ChatError.tooLong(tokens: 21, context: 21)) {
      try session.prompt(context: 21, reserve: 4, encode: encode)
    }
    #expect(session == before)
  }

  @Test func aResetKeepsTheSystemsTurn() {
    var session = session(exchanges: 2)
    session.reset()
    #expect(session == ChatSession(system: "system"))
    #expect(ChatSession().messages.isEmpty)
  }

  @Test func aSavedConversationIsOneDataLine() throws {
    let folder = try TemporaryFolder()
    var archive = ChatArchive(home: folder.path)
    var session = ChatSession(system: nil)
    session.ask("a\nb \"c\"")
    session.answer("d")
    #expect(try archive.save(session, to: "~/chat.json") == folder.file("chat.json"))
    let text = try TextFile.readString(folder.file("chat.json"), sizeLimit: 1000)
    #expect(
      text == """
        {"messages":[{"role":"user","content":"a\\nb \\"c\\""},{"role":"assistant","content":"d"}]}

        """)
    session.ask("e")
    _ = try archive.save(session, to: folder.path + "/./chat.json")
    try folder.write("other", to: "other.json")
    #expect(throws: ChatError.fileExists(path: folder.file("other.json"))) {
      try archive.save(session, to: folder.file("other.json"))
    }
    #expect(try TextFile.readString(folder.file("other.json"), sizeLimit: 1000) == "other")
  }
}
