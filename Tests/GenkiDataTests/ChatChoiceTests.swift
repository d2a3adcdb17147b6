import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

@Suite("What a chat template is told")
struct ChatChoiceTests {
  @Test func argumentsAreAnObject() throws {
    let arguments = try ChatChoice.arguments(#"{"enable_thinking": false, "n": 3}"#)
    #expect(arguments == ["enable_thinking": false, "n": 3])
    #expect(try ChatChoice.arguments("{}") == [:])
  }

  @Test(arguments: [
    ("", "not JSON"), ("[1]", "an array"), ("{\"a\": 1, \"a\": 2}", "twice"),
    ("{\"messages\": []}", "messages"), ("{\"add_generation_prompt\": true}", "prompt"),
    ("{\"a\": \"" + String(repeating: "x", count: 5_000) + "\"}", "limit"),
  ]) func otherTextsAreRefusedWithTheReason(text: String, says: String) {
    #expect {
      try ChatChoice.arguments(text)
    } throws: { error in
      guard case DataError.chatTemplateArguments(let reason) = error else { return false }
      return reason.contains(says)
    }
  }

  private func text(_ source: String, _ choice: ChatChoice) throws -> String {
    var settings = ModelChatSettings()
    settings.templates = .init(path: "t", standard: source)
    settings.tokens = ["bos_token": "<s>"]
    let tokenizer = try Tokenizers.load("tokenizers/qwen3_5/tokenizer.json")
    let encoder = try ChatEncoder(
      tokenizer: tokenizer, format: ChatFormat(settings: settings, choice: choice),
      endTokenIDs: [])
    return tokenizer.decode(
      try encoder.encode(Conversation([ChatMessage(role: .user, content: "q")])).tokens)
  }

  private static let asksForTheDay =
    "{% if strftime_now is defined %}now {{ strftime_now('%d %b %Y') }}{% else %}none{% endif %}"

  @Test func aTemplateThatAsksIsNotToldTheDayInTraining() throws {
    #expect(try text(Self.asksForTheDay, ChatChoice()) == "none")
    let today = ChatChoice(date: CalendarDate("2026-11-29"), showsDate: true)
    #expect(try text(Self.asksForTheDay, today) == "now 29 Nov 2026")
  }

  @Test func aTemplateThatCallsGetsTheDayOfTheRound() throws {
    let source = "{{ strftime_now('%Y-%m-%d') }}"
    #expect(try text(source, ChatChoice()) == "2024-07-26")
    #expect(try text(source, ChatChoice(date: CalendarDate("2026-01-02"))) == "2026-01-02")
  }

  @Test func argumentsAreVariablesAndTokensToo() throws {
    let source = "{{ bos_token }}{{ mood | default('calm') }}"
    #expect(try text(source, ChatChoice()) == "<s>calm")
    #expect(try text(source, ChatChoice(arguments: ["mood": "gay"])) == "<s>gay")
    #expect(try text(source, ChatChoice(arguments: ["bos_token": "B"])) == "Bcalm")
  }
}
