import GenkiCore

/// How somebody wants conversations to be written.
public struct ChatChoice: Sendable, Equatable {
  /// The day that templates see unless they are told another.
  public static let unaskedDate = CalendarDate("2024-07-26")
  /// Arguments are no larger.
  public static let argumentsBytesMax = 4_096

  /// A built-in template's name; nil takes the model's own.
  public var templateName: String?
  /// What the model's template reads beside conversation and tokens: `enable_thinking`, `date_string`, …
  public var arguments: JSONObject
  /// The day that the model's template sees, if it asks.
  public var date: CalendarDate?
  /// Whether a template that asks if there is a day is told so. In training and evaluation it is not: its
  /// own default is the same on every machine.
  public var showsDate: Bool

  /// A choice; the unasked one is the model's own template without arguments.
  public init(
    templateName: String? = nil, arguments: JSONObject = [:],
    date: CalendarDate? = ChatChoice.unaskedDate, showsDate: Bool = false
  ) {
    self.templateName = templateName
    self.arguments = arguments
    self.date = date
    self.showsDate = showsDate
  }

  /// Arguments as somebody writes them: a JSON object.
  ///
  /// - Throws: `DataError.chatTemplateArguments`.
  public static func arguments(_ text: String) throws -> JSONObject {
    func refused(_ reason: String) -> DataError { .chatTemplateArguments(reason: reason) }
    guard text.utf8.count <= argumentsBytesMax else {
      throw refused("\(text.utf8.count) bytes, the limit is \(argumentsBytesMax)")
    }
    let json: JSONValue
    do {
      json = try JSONValue.parse(text, source: "chat template arguments")
    } catch {
      throw refused("not JSON")
    }
    guard let object = json.objectValue else {
      throw refused("\(json.kindName) instead of an object")
    }
    if object.hasDuplicateKeys { throw refused("a name stands twice") }
    if let taken = object.keys.first(where: ModelTemplate.ownVariables.contains) {
      throw refused("\(taken.quoted()) is not an argument: the conversation says it")
    }
    return object
  }
}
