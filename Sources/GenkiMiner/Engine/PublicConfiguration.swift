import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiRound

/// The configuration files of a model as they may be seen by everybody: they name the round's base where
/// they named a folder of this machine.
package enum PublicConfiguration {
  private static let bytesMaximum = 4 << 20
  /// Where libraries note from which path a file was loaded.
  private static let pathKeys = ["_name_or_path", "name_or_path"]

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
      return [file(ModelFiles.adapterConfiguration, adapter.encoded())]
    }
    return try names.compactMap { name in
      guard ["config.json", "tokenizer_config.json"].contains(name) else { return nil }
      let json = try JSONValue.parse(file: "\(folder)/\(name)", sizeLimit: bytesMaximum)
      guard case .object(var object) = json else { return nil }
      let found = pathKeys.filter { object[$0] != nil }
      guard !found.isEmpty else { return nil }
      for key in found { object[key] = .string(base.repository.description) }
      return file(name, .object(object))
    }
  }

  private static func file(_ name: String, _ json: JSONValue) -> HubFile {
    HubFile(name: name, bytes: Array((json.encoded(pretty: true) + "\n").utf8))
  }
}
