import GenkiCore
import GenkiTemplates

/// A model's own chat template, a program in Jinja that is data to us, ready to write conversations as
/// transformers' `apply_chat_template` does.
public struct ModelTemplate: Sendable {
  /// Variables that the conversation itself gives.
  static let ownVariables: Set<String> = [
    "messages", "tools", "documents", "add_generation_prompt",
  ]

  /// The file it stands in.
  public let path: String
  private let standard: ChatTemplateProgram
  /// Writes conversations with tools, where the model has another template for them.
  private let toolUse: ChatTemplateProgram?
  private let constants: [(String, TemplateValue)]
  private let date: TemplateDate?
  private let source: String
  /// Arguments that the template does not read.
  let unreadArguments: [String]
  /// Where a reply begins, as the template writes it when it is asked for one: as it is, and as it is with
  /// the arguments.
  private let replyStarts: [ReplyStart]
  /// The same of the template for conversations with tools.
  private let toolReplyStarts: [ReplyStart]

  /// - Throws: `DataError.chatTemplate` naming what this program does not run, `.noDefaultTemplate` for a
  ///   list without one that counts.
  init(
    _ templates: ModelChatSettings.Templates, tokens: JSONObject, choice: ChatChoice
  ) throws {
    path = templates.path
    guard let text = templates.standard else {
      throw DataError.noDefaultTemplate(path: path, names: templates.names)
    }
    source = text + (templates.toolUse ?? "")
    do {
      standard = try ChatTemplateProgram(text)
      toolUse = try templates.toolUse.map { try ChatTemplateProgram($0) }
    } catch let error as TemplateError {
      throw DataError.chatTemplate(path: path, why: error.why)
    }
    let known = tokens.entries.map { ($0.key, TemplateValue(json: $0.value, mark: 0)) }
    constants =
      known.filter { choice.arguments[$0.0] == nil }
      + choice.arguments.entries.map { ($0.key, TemplateValue(json: $0.value, mark: 0)) }
    date = choice.date.map { TemplateDate($0, isVisible: choice.showsDate) }
    unreadArguments = choice.arguments.keys.filter {
      !text.contains($0) && templates.toolUse?.contains($0) != true
    }
    let (date, all) = (date, choice.arguments == [:] ? [known] : [known, constants])
    func starts(of program: ChatTemplateProgram) -> [ReplyStart] {
      all.map { constants in
        ReplyStart { conversation, addsPrompt in
          try program.render(
            Self.variables(conversation, addGenerationPrompt: addsPrompt, constants: constants),
            clock: date)
        }
      }
    }
    replyStarts = starts(of: standard)
    toolReplyStarts = toolUse.map(starts(of:)) ?? replyStarts
  }

  /// The starts of replies in a conversation.
  func replyStarts(in conversation: Conversation) -> [ReplyStart] {
    conversation.tools.isEmpty ? replyStarts : toolReplyStarts
  }

  /// The text of a conversation, with the turn that each part of it comes from: mark i + 1 for message i.
  ///
  /// - Throws: `TemplateError`, also where the template refuses the conversation.
  func render(
    _ conversation: Conversation, addGenerationPrompt: Bool
  ) throws(TemplateError) -> RenderedText {
    let program = conversation.tools.isEmpty ? standard : toolUse ?? standard
    return try program.render(
      Self.variables(
        conversation, addGenerationPrompt: addGenerationPrompt, constants: constants),
      clock: date)
  }

  /// Whether the template reads a member or a variable of this name, as far as its text tells.
  func mentions(_ name: String) -> Bool { source.contains(name) }

  /// What in the template is not run, as far as conversations of the usual kinds come by it; nil if nothing
  /// is found. A conversation that it refuses is none of this.
  public var shortcoming: String? {
    let call: JSONValue = ["type": "function", "function": ["name": "f", "arguments": ["k": "v"]]]
    let user = ChatMessage(role: .user, content: "?")
    let reply = ChatMessage(role: .assistant, content: "!")
    let conversations = [
      Conversation([user]), Conversation([user, reply]),
      Conversation([ChatMessage(role: .system, content: "s"), user, reply, user]),
      Conversation([user, ChatMessage(role: .assistant, content: "!", reasoning: "r")]),
      Conversation(
        [
          user, ChatMessage(role: .assistant, content: "", members: ["tool_calls": [call]]),
          ChatMessage(role: .tool, content: "v"), reply,
        ], tools: [call]),
    ]
    for conversation in conversations {
      for addsPrompt in [false, true] {
        do throws(TemplateError) {
          _ = try render(conversation, addGenerationPrompt: addsPrompt)
        } catch {
          switch error {
          case .unsupported, .limit: return "\(error.what): \(error.why)"
          case .syntax, .raised, .failed: break
          }
        }
      }
    }
    return nil
  }

  private static func variables(
    _ conversation: Conversation, addGenerationPrompt: Bool, constants: [(String, TemplateValue)]
  ) -> [(String, TemplateValue)] {
    let messages = conversation.messages.enumerated().map { index, message in
      value(of: message, mark: Int32(truncatingIfNeeded: index) + 1)
    }
    let toolMark = Int32(truncatingIfNeeded: conversation.messages.count) + 1
    let tools = conversation.tools.map { TemplateValue(json: $0, mark: toolMark) }
    return constants + [
      ("messages", .list(messages)), ("tools", tools.isEmpty ? .null : .list(tools)),
      ("documents", .null), ("add_generation_prompt", .bool(addGenerationPrompt)),
    ]
  }

  /// A turn as templates read it. Who speaks is ours to say; everything else is somebody's words.
  private static func value(of message: ChatMessage, mark: Int32) -> TemplateValue {
    var members: [(String, TemplateValue)] = [
      ("role", .text(message.role.rawValue, mark: 0)),
      ("content", .text(message.content, mark: mark)),
    ]
    if let reasoning = message.reasoning {
      members.append(("reasoning_content", .text(reasoning, mark: mark)))
    }
    for (key, value) in message.members.entries {
      members.append((key, TemplateValue(json: value, mark: mark)))
    }
    return .object(members)
  }
}
