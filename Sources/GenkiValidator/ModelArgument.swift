import Foundation
import GenkiConsole
import GenkiCore
import GenkiFederation

/// Checks of folders that a command names.
enum ModelArgument {
  /// Refuses a path that is no folder: a spelling mistake is not a bad model.
  static func check(_ path: String, option: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.missing(path: path)
    }
    guard isFolder.boolValue else {
      throw UsageError(option, "\(path) is not a folder", advice: "name a model's folder")
    }
  }

  /// The model in commit order as the score takes it.
  static func entries(_ paths: [String]) throws -> [ScoreRun.Entry] {
    try paths.enumerated().map { place, path in
      try check(path, option: "--model")
      return ScoreRun.Entry(name: path, folder: path, order: OrderKey(position: place))
    }
  }
}
