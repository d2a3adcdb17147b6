import GenkiCore

/// The ids that end a text which a model writes.
public enum EndTokens {
  /// Those of `generation_config.json` where it names some, as transformers' `generate` does; else those
  /// of the model's configuration.
  ///
  /// - Throws: `ConfigurationError` or `JSONError` naming the file.
  public static func load(folder: String, configuration: ModelConfiguration) throws -> [Int] {
    guard ModelFolder.hasFile(ModelFiles.generation, in: folder) else {
      return configuration.endTokenIDs
    }
    let file = "\(folder)/\(ModelFiles.generation)"
    let json = try JSONValue.parse(file: file, sizeLimit: ModelFiles.configurationBytesMaximum)
    let reader = try ConfigurationReader(json: json, source: file)
    let named = try ModelConfiguration.endTokenIDs(reader, default: nil)
    return named.isEmpty ? configuration.endTokenIDs : named
  }
}
