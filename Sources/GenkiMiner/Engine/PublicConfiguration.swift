import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiRound

/// The configuration files of a model as they may be seen by everybody: they name the round's base where
/// they named a folder of this machine, and are the same text else.
package enum PublicConfiguration {
  /// Where libraries note from which path a model was loaded.
  private static let originKeys: Set = ["_name_or_path", "name_or_path"]
  /// How other keys of paths end, such as `tokenizer_file` and `special_tokens_map_file`.
  private static let pathEndings = [
    "_file", "_files", "_path", "_paths", "_dir", "_directory", "_folder",
  ]
  /// Companions whose values may be paths; the others hold vocabulary and templates.
  private static let names: Set = [
    ModelFiles.configuration, ModelFiles.generation, "tokenizer_config.json",
    "special_tokens_map.json",
  ]

  /// Copies of those files of a folder that must not leave as they are.
  package static func files(
    _ folder: String, base: RoundDocument.BasePlace
  ) throws -> [HubFile] {
    let names = try SubmissionFolder.names(folder)
    if names.contains(ModelFiles.adapterConfiguration) {
      // Only what is understood is written again, so that nothing else is told.
      var adapter = try AdapterConfiguration.load(path: folder)
      adapter.baseModel = base.repository.description
      adapter.revision = base.revision.hex
      let text = adapter.encoded().encoded(pretty: true) + "\n"
      return [HubFile(name: ModelFiles.adapterConfiguration, bytes: Array(text.utf8))]
    }
    return try names.filter(Self.names.contains).compactMap { name in
      let path = "\(folder)/\(name)"
      let bytes = try TextFile.readBytes(path, sizeLimit: ModelFiles.companionBytesMaximum)
      let made = try withoutPaths(bytes, source: path, base: base.repository.description)
      return made == bytes ? nil : HubFile(name: name, bytes: made)
    }
  }

  private static func withoutPaths(
    _ bytes: [UInt8], source: String, base: String
  ) throws -> [UInt8] {
    do {
      return try ConfigurationText.replacing(mayBePath, in: bytes, source: source, isDeep: true) {
        key, value in
        if originKeys.contains(key) { return .string(base) }
        return isLocal(value) ? .null : nil
      }
    } catch JSONError.invalid(_, _, _, _, problem: .expectedObject) {
      // It has no keys, and none of the libraries reads it.
      return bytes
    }
  }

  private static func mayBePath(_ key: String) -> Bool {
    originKeys.contains(key) || pathEndings.contains { key.hasSuffix($0) }
  }

  /// Whether a value is a path that only this machine has, or a list with one.
  private static func isLocal(_ value: JSONValue) -> Bool {
    if let list = value.arrayValue { return list.contains(where: isLocal) }
    guard let text = value.stringValue else { return false }
    return text.hasPrefix("/") || text.hasPrefix("~") || text.hasPrefix("file:")
      || text.contains(/^[A-Za-z]:[\\\/]/)
  }
}
