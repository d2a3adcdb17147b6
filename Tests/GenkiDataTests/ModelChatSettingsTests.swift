import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

@Suite("What a model folder says about conversations")
struct ModelChatSettingsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func reference(_ name: String) throws -> String {
    try #require(ChatTemplateTests.reference["templates"]?[name]?.stringValue)
  }

  private func write(_ configuration: JSONObject) throws {
    try folder.write(JSONValue.object(configuration).encoded(), to: "tokenizer_config.json")
  }

  @Test func aFolderWithoutAWordHasNoTemplate() throws {
    let settings = try ModelChatSettings.load(folder: folder.path)
    #expect(settings.templates == nil && settings.tokens == [:])
    #expect(settings.beginToken == nil && settings.endTokens.map(\.place) == [nil])
  }

  /// The built-in template that the rules of version 0.1 find in the folder.
  private func recognised() throws -> ChatTemplate? {
    let settings = try ModelChatSettings.load(folder: folder.path, rules: .first)
    let format = try ChatFormat(settings: settings, choice: ChatChoice(), rules: .first)
    guard case .builtIn(let template) = format else { return nil }
    return template
  }

  @Test func theTemplateOfTheConfigurationIsRecognisedUnderTheFirstRules() throws {
    try write([
      "chat_template": .string(try reference("chatml")), "bos_token": "<s>",
      "eos_token": ["content": "</s>", "lstrip": false],
    ])
    let settings = try ModelChatSettings.load(folder: folder.path)
    #expect(try recognised() == .chatML(defaultSystem: nil))
    #expect(settings.templates?.path == folder.file("tokenizer_config.json"))
    #expect(settings.beginToken == "<s>")
    #expect(settings.endTokens.first?.name == .text("</s>"))
  }

  @Test func theTemplateFileCountsBeforeTheConfiguration() throws {
    try write(["chat_template": "{{ messages }}", "bos_token": "<|endoftext|>"])
    try folder.write(try reference("llama3_style") + "\n", to: "chat_template.jinja")
    #expect(try recognised() == .llama3(beginToken: "<|endoftext|>"))
    #expect(
      try ModelChatSettings.load(folder: folder.path).templates?.path
        == folder.file("chat_template.jinja"))
  }

  @Test func theDefaultOfSeveralNamedTemplatesCounts() throws {
    try write([
      "chat_template": [
        ["name": "tools", "template": "x"],
        ["name": "default", "template": .string(try reference("chatml_default_system"))],
      ]
    ])
    #expect(try recognised() == .chatML(defaultSystem: "You are a helpful assistant."))
  }

  @Test func aListWithoutADefaultIsRefusedByItsNames() throws {
    try write(["chat_template": [["name": "rag", "template": "x"]]])
    let settings = try ModelChatSettings.load(folder: folder.path)
    let format = try ChatFormat(settings: settings, choice: ChatChoice())
    #expect(
      format.refusal
        == .noDefaultTemplate(path: folder.file("tokenizer_config.json"), names: ["rag"]))
    // Under the rules of version 0.1 it counted as none.
    #expect(try recognised() == .plain)
  }

  @Test func lineBreaksMayBeEscapedAndTheSystemTurnMayDiffer() throws {
    let text = try reference("chatml_default_system")
      .replacing("\n", with: "\\n")
      .replacing("You are a helpful assistant.", with: "You are Genki.")
    #expect(ChatTemplate(recognising: text) == .chatML(defaultSystem: "You are Genki."))
  }

  @Test(arguments: [
    ("You are a helpful assistant.", "{{ bos_token }}"),
    ("You are a helpful assistant.", "a' + messages[0]['content'] + 'b"),
    ("<|im_start|>assistant", "<|im_start|>user"), ("{% endfor %}", "{% endfor %} "),
    ("message['role']", "'user'"),
  ]) func aChangedTemplateIsNotRecognised(original: String, changed: String) throws {
    let text = try reference("chatml_default_system").replacing(original, with: changed)
    #expect(ChatTemplate(recognising: text) == nil)
  }

  @Test(arguments: [
    (#"{"bos_token": 5}"#, "bos_token"), (#"{"eos_token": {}}"#, "eos_token"),
    (#"{"chat_template": 1}"#, "chat_template"), ("{", "not valid JSON"),
  ]) func aMalformedConfigurationIsNamed(text: String, named: String) throws {
    try folder.write(text, to: "tokenizer_config.json")
    do {
      _ = try ModelChatSettings.load(folder: folder.path)
      Issue.record("the file was accepted")
    } catch {
      #expect("\(error)".contains("tokenizer_config.json"))
      #expect("\(error)".contains(named), "\(error)")
    }
  }

  @Test func aTemplateThatIsNotRunMattersToConversationsOnly() throws {
    try write(["chat_template": "{% include 'other' %}"])
    let tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/qwen2"))
    let options = try DatasetOptions(
      blockSize: 4, modelFolder: folder.path, tokenizer: tokenizer)
    let text = try folder.write("A long enough plain text.", to: "a.txt")
    #expect(throws: Never.self) {
      try TextDataset.load(path: text, tokenizer: tokenizer, options: options)
    }
    let chat = try folder.write(#"{"prompt":"q","completion":"a"}"#, to: "a.jsonl")
    #expect {
      try TextDataset.load(path: chat, tokenizer: tokenizer, options: options)
    } throws: { error in
      "\(error)".contains("include") && "\(error)".contains("tokenizer_config.json")
    }
    let named = try DatasetOptions(
      blockSize: 64, modelFolder: folder.path, tokenizer: tokenizer,
      chat: ChatChoice(templateName: "chatml"))
    let dataset = try TextDataset.load(path: chat, tokenizer: tokenizer, options: named)
    #expect(dataset.windowCount == 1)
  }
}
