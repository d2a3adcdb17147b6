import Foundation
import GenkiCore

/// The files of a model or adapter folder in Hugging Face layout.
public enum ModelFolder {
  /// A model's configuration.
  public static let configuration = "config.json"
  /// A model's weights in one file.
  public static let modelWeights = "model.safetensors"
  /// An adapter's configuration.
  public static let adapterConfiguration = "adapter_config.json"
  /// An adapter's weights.
  public static let adapterWeights = "adapter_model.safetensors"

  /// The files that make a tokenizer; only these are ever copied.
  public static let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "chat_template.jinja",
  ]

  private static let tokenizerFileLimit = 64 << 20

  /// Whether a folder holds a PEFT adapter rather than a model.
  public static func isAdapter(_ path: String) -> Bool { hasFile(adapterConfiguration, in: path) }

  /// Copies the tokenizer files that are there, each written whole.
  public static func copyTokenizerFiles(from source: String, to target: String) throws {
    for name in tokenizerFiles where hasFile(name, in: source) {
      let bytes = try TextFile.readBytes("\(source)/\(name)", sizeLimit: tokenizerFileLimit)
      try AtomicFile.write(bytes, to: "\(target)/\(name)")
    }
  }

  /// The path itself, or the file of this name in it where it is a folder.
  static func file(_ name: String, at path: String) -> String {
    isFolder(path) == true ? "\(path)/\(name)" : path
  }

  /// Whether the folder has a file of this name.
  static func hasFile(_ name: String, in folder: String) -> Bool {
    isFolder("\(folder)/\(name)") == false
  }

  /// Whether a path is a folder; nil where nothing is.
  private static func isFolder(_ path: String) -> Bool? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    return isFolder.boolValue
  }
}
