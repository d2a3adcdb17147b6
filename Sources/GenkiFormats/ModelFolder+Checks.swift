import Foundation
import GenkiCore

/// What a folder must hold before anything of it is read, so that the first word says what is missing.
extension ModelFolder {
  /// Refuses what is no model folder: no weights that are read here, or no configuration.
  ///
  /// - Throws: `FileError.missing`, `ModelFolderError`, `WeightSetError.noWeights`.
  public static func requireModel(_ path: String) throws {
    guard let isFolder = isFolder(path) else { throw FileError.missing(path: path) }
    guard isFolder else { throw ModelFolderError.notAFolder(path: path) }
    try requireWeights(path)
    guard hasFile(ModelFiles.configuration, in: path) else {
      throw ModelFolderError.noConfiguration(folder: path)
    }
  }

  /// Refuses a folder without a tokenizer that is read here.
  public static func requireTokenizer(_ folder: String) throws {
    guard isFolder(folder) == true, !hasFile(ModelFiles.tokenizer, in: folder) else { return }
    let parts = [ModelFiles.vocabulary, ModelFiles.merges]
    guard !parts.allSatisfy({ hasFile($0, in: folder) }) else { return }
    let sources = ["tokenizer.model", "spiece.model", "vocab.json", "merges.txt", "vocab.txt"]
    throw ModelFolderError.noTokenizer(
      folder: folder, others: sources.filter { hasFile($0, in: folder) })
  }

  /// Refuses a folder without weights that are read here.
  static func requireWeights(_ folder: String) throws {
    let names =
      isAdapter(folder)
      ? [ModelFiles.adapterWeights] : [ModelFiles.weights, ModelFiles.shardIndex]
    guard !names.contains(where: { hasFile($0, in: folder) }) else { return }
    throw WeightSetError.noWeights(folder: folder, found: ForeignWeights.look(in: folder))
  }
}

/// Weights that a folder has in another form than safetensors under the usual names.
public enum ForeignWeights: Sendable, Equatable {
  /// A file for inference, usually quantized.
  case gguf(name: String)
  /// A file that may hold code, or another library's.
  case otherLibrary(name: String)
  /// Safetensors under another name.
  case otherName(name: String)

  private static let endings = [
    ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".npz", ".pkl",
  ]
  private static let notWeights: Set = ["training_args.bin", "optimizer.bin", "scheduler.bin"]

  /// The first such file by kind and name; nil if there is none.
  static func look(in folder: String) -> ForeignWeights? {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    func first(_ endings: [String]) -> String? {
      names.first { name in
        !notWeights.contains(name) && endings.contains { name.lowercased().hasSuffix($0) }
      }
    }
    if let name = first([".gguf", ".ggml"]) { return .gguf(name: name) }
    if let name = first([".safetensors"]) { return .otherName(name: name) }
    return first(endings).map { .otherLibrary(name: $0) }
  }
}
