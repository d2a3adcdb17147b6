import Foundation
import GenkiCore
import GenkiFormats
import GenkiHub

/// What of a base's folder is published: weights, configuration and tokenizer.
enum BaseFolder {
  static func files(_ folder: String) throws -> [HubFile] {
    let weights = try WeightSet.open(folder: folder).files
    var names = weights + [ModelFolder.configuration] + ModelFolder.tokenizerFiles
    if weights.count > 1 { names.append(ModelFolder.modelWeights + ".index.json") }
    return names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }.sorted()
      .map { HubFile(name: $0, path: "\(folder)/\($0)") }
  }
}
