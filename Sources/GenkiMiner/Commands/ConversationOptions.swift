import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFormats

/// How a conversation is written for a model.
struct ConversationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How the conversation is written: \(ChatTemplate.names.joined(separator: ", ")). \
      (default: as the model does)
      """, valueName: "name"))
  var chatTemplate: String?
  @OptionGroup var chat: ChatArguments

  /// The first of the options that was given.
  var firstGiven: String? {
    [
      ("--chat-template", chatTemplate), ("--date", chat.date),
      ("--chat-template-arguments", chat.chatTemplateArguments),
    ].first { $0.1 != nil }?.0
  }

  /// What is chosen. A day that somebody gives is shown to every template; else one that asks whether
  /// there is a day is told so only with `showsToday`.
  ///
  /// - Throws: `UsageError` and `DataError` for values that are none.
  func choice(showsToday: Bool) throws -> ChatChoice {
    if let chatTemplate { _ = try ChatTemplate(named: chatTemplate) }
    let given = try chat.day()
    return ChatChoice(
      templateName: chatTemplate,
      arguments: try chat.chatTemplateArguments.map(ChatChoice.arguments) ?? [:],
      date: given ?? (showsToday ? CalendarDate.today() : ChatChoice.unaskedDate),
      showsDate: showsToday || given != nil)
  }
}
