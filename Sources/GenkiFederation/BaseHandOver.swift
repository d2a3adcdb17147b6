import GenkiCore
import GenkiFormats

/// What a base gives to the next one beside weights: its configuration, in which only the weights' type
/// follows the file, and its tokenizer, template and generation settings, unchanged.
public struct BaseHandOver {
  private let before: BaseModel
  private let damaType: DamaType?

  /// - Parameters:
  ///   - before: The base of the round.
  ///   - damaType: How the next base is stored; nil where the base stayed.
  public init(before: BaseModel, damaType: DamaType?) {
    self.before = before
    self.damaType = damaType
  }

  /// What in the folder of the next base is not what the base before hands on, a sentence a file.
  public func differences(of folder: String) throws -> [String] {
    var differences: [String] = []
    let configuration = try ModelFolder.configuration(
      of: before.folder, type: StoredTypes(damaType, of: before).configurationType)
    let path = "\(folder)/\(ModelFiles.configuration)"
    if try SHA256Hasher.digest(ofFile: path) != SHA256Hasher.digest(of: configuration) {
      differences.append("\(ModelFiles.configuration) is not that of the base before")
    }
    let (stated, found) = (
      try RoundManifest.Dama.companions(of: before.folder),
      try RoundManifest.Dama.companions(of: folder)
    )
    for name in ModelFiles.companions where stated[name] != found[name] {
      differences.append(
        found[name] == nil
          ? "\(name) of the base before is missing" : "\(name) is not that of the base before")
    }
    return differences
  }
}
