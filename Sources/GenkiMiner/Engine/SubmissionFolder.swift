import GenkiCore
import GenkiFormats
import GenkiHub

/// What of a model's folder is published: weights, their configuration, and what a model hands on.
package enum SubmissionFolder {
  /// Companions that builds of version 0.1.0 did not upload; what they uploaded stays right.
  static let addedLater: Set = [
    "added_tokens.json", ModelFiles.chatTemplate, ModelFiles.generation,
  ]

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
  package static func names(_ folder: String) throws -> [String] {
    guard ModelFolder.isAdapter(folder) else { return try ModelFolder.modelFiles(in: folder) }
    return (try WeightSet.open(folder: folder).files + [ModelFiles.adapterConfiguration]).sorted()
  }
}
