import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore

/// Parameters beyond those that a command has options for.
struct MoreParameters: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "A further parameter of the method: JSON, or a string if it is none.",
      valueName: "name=value"))
  var settings: [String] = []

  @Option(
    help: ArgumentHelp(
      "Repeating the command with the same key does the work once.", valueName: "text"))
  var idempotencyKey: String?

  /// These parameters with the further ones.
  func added(to parameters: JSONObject) throws -> JSONObject {
    var result = parameters
    for setting in settings {
      guard let sign = setting.firstIndex(of: "="), sign != setting.startIndex else {
        throw UsageError("--set", "\(setting.quoted()) has no name", advice: "name=value")
      }
      let text = String(setting[setting.index(after: sign)...])
      result[String(setting[..<sign])] = JSONText.value(text)
    }
    if let idempotencyKey { result["idempotency_key"] = .string(idempotencyKey) }
    return result
  }
}

/// What a person types where JSON is meant.
enum JSONText {
  /// The JSON value, or the text itself if it is none.
  static func value(_ text: String) -> JSONValue {
    (try? JSONValue.parse(text, source: "argument")) ?? .string(text)
  }
}

/// Paths go to the daemon whole: it has another working folder.
enum LocalPath {
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/")
      ? path : URL(filePath: path, relativeTo: .currentDirectory()).standardizedFileURL.path
  }
}
