import Foundation
import GenkiCore
import GenkiFormats
import GenkiHub

/// What of a model's folder is published: weights and their configuration, nothing else.
enum SubmissionFolder {
  /// The files that leave this machine; never the run's state, never text but what the operator shares.
  ///
  /// - Parameter made: Files that are made for the upload; they take the place of those in the folder.
  static func files(_ folder: String, made: [HubFile]) throws -> [HubFile] {
    let replaced = Set(made.map(\.name))
    let files = try names(folder).filter { !replaced.contains($0) }
      .map { HubFile(name: $0, path: "\(folder)/\($0)") }
    return (files + made).sorted { $0.name < $1.name }
  }

  /// What of the folder is published.
  static func names(_ folder: String) throws -> [String] {
    let weights = try WeightSet.open(folder: folder)
    var names = weights.files
    if ModelFolder.isAdapter(folder) {
      names.append(ModelFolder.adapterConfiguration)
    } else {
      names.append(ModelFolder.configuration)
      names += ModelFolder.tokenizerFiles.filter { isPublic($0) }
      if weights.files.count > 1 { names.append(ModelFolder.modelWeights + ".index.json") }
    }
    return names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }.sorted()
  }

  /// Names that a validator's list of allowed names has.
  private static func isPublic(_ name: String) -> Bool {
    [
      "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json",
      "merges.txt",
    ].contains(name)
  }
}
