import GenkiFormats
import GenkiHub

/// What of a base's folder is published: weights, configuration, and what a model hands on.
enum BaseFolder {
  static func files(_ folder: String) throws -> [HubFile] {
    try ModelFolder.modelFiles(in: folder).map { HubFile(name: $0, path: "\(folder)/\($0)") }
  }
}
