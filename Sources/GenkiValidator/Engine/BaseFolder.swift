import Foundation
import GenkiCore
import GenkiFormats
import GenkiHub

/// What of a base's folder is published: weights, configuration, and what a model hands on.
enum BaseFolder {
  static func files(_ folder: String) throws -> [HubFile] {
    let weights = try WeightSet.open(folder: folder).files
    var names = weights + [ModelFiles.configuration] + ModelFiles.companions
    if weights.count > 1 { names.append(ModelFiles.shardIndex) }
    return names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }.sorted()
      .map { HubFile(name: $0, path: "\(folder)/\($0)") }
  }
}
