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
      let (name, text) = try Self.split(setting, of: "--set")
      result[name] = JSONText.value(text)
    }
    if let idempotencyKey { result["idempotency_key"] = .string(idempotencyKey) }
    return result
  }

  /// The parts of `name=value`.
  static func split(_ setting: String, of option: String) throws -> (name: String, text: String) {
    guard let sign = setting.firstIndex(of: "="), sign != setting.startIndex else {
      throw UsageError(option, "\(setting.quoted()) has no name", advice: "name=value")
    }
    return (String(setting[..<sign]), String(setting[setting.index(after: sign)...]))
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
