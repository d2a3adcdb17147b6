import Foundation
import GenkiCore

/// A model or adapter folder in Hugging Face layout; `ModelFiles` names its files.
public enum ModelFolder {
  /// Whether a folder holds a PEFT adapter rather than a model.
  public static func isAdapter(_ path: String) -> Bool {
    hasFile(ModelFiles.adapterConfiguration, in: path)
  }

  /// Copies the files that a model hands on unchanged, those that are there, each written whole.
  public static func copyCompanions(from source: String, to target: String) throws {
    for name in companions(in: source) {
      let bytes = try TextFile.readBytes(
        "\(source)/\(name)", sizeLimit: ModelFiles.companionBytesMaximum)
      try AtomicFile.write(bytes, to: "\(target)/\(name)")
    }
  }

  /// The companions that a folder has, in the list's order.
  public static func companions(in folder: String) -> [String] {
    ModelFiles.companions.filter { hasFile($0, in: folder) }
  }

  /// What a whole model consists of, those files that are there, sorted: weights, the index of several
  /// shards, configuration, companions.
  ///
  /// - Throws: What `WeightSet.open` throws.
  public static func modelFiles(in folder: String) throws -> [String] {
    let weights = try WeightSet.open(folder: folder).files
    let index = weights == [ModelFiles.weights] ? [] : [ModelFiles.shardIndex]
    let names = weights + index + [ModelFiles.configuration] + ModelFiles.companions
    return names.filter { hasFile($0, in: folder) }.sorted()
  }

  /// Writes the base's own configuration for a model whose weights are stored as `type`; nil for
  /// weights stored as the base's are.
  public static func writeConfiguration(
    from base: String, to target: String, type: TensorType?
  ) throws {
    try AtomicFile.write(
      configuration(of: base, type: type), to: "\(target)/\(ModelFiles.configuration)")
  }

  /// What `writeConfiguration` writes.
  public static func configuration(of base: String, type: TensorType?) throws -> [UInt8] {
    let path = "\(base)/\(ModelFiles.configuration)"
    let bytes = try TextFile.readBytes(
      path, sizeLimit: ModelFiles.configurationBytesMaximum)
    return try ConfigurationText.setting(type: type, in: bytes, source: path)
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
  static func isFolder(_ path: String) -> Bool? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    return isFolder.boolValue
  }
}
