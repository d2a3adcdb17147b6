import ArgumentParser
import GenkiCore

/// What a command tells a model's chat template.
public struct ChatArguments: ParsableArguments {
  /// A JSON object, as it was typed.
  @Option(
    help: ArgumentHelp(
      "What the model's own template is told besides, such as {\"enable_thinking\": false}.",
      valueName: "json"))
  public var chatTemplateArguments: String?

  /// A day, as it was typed.
  @Option(
    help: ArgumentHelp(
      "The day that the model's own template sees where it asks for one. (default: 2024-07-26; in chat, today)",
      valueName: "yyyy-mm-dd"))
  public var date: String?

  /// No arguments.
  public init() {}

  /// The day that is given.
  ///
  /// - Throws: `UsageError` for what is no day.
  public func day() throws -> CalendarDate? {
    try date.map { text in
      guard let day = CalendarDate(text) else {
        throw UsageError("--date", "\(text.quoted()) is no day", advice: "write it 2026-11-29")
      }
      return day
    }
  }
}
