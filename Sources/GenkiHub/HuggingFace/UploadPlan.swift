import GenkiCore

/// What of an upload a repository's head has already, what it lacks and what does not belong there.
struct UploadPlan {
  /// Files that a hub makes by itself.
  static let hubsOwnNames: Set = [".gitattributes"]

  /// Files that are there as they should be.
  var present: [UploadFile] = []
  /// Files that are missing or differ.
  var missing: [UploadFile] = []
  /// Names of files that are there and should not be.
  var foreign: [String] = []

  /// Compares the files with a listing.
  init(_ files: [UploadFile], there: [HubEntry]) throws {
    for file in files {
      if try there.contains(where: { try file.isStored(as: $0) }) {
        present.append(file)
      } else {
        missing.append(file)
      }
    }
    let names = Set(files.map(\.name))
    foreign = there.map(\.name).filter { !names.contains($0) && !Self.hubsOwnNames.contains($0) }
  }

  /// Whether nothing is to be done.
  var isEmpty: Bool { missing.isEmpty && foreign.isEmpty }
}
