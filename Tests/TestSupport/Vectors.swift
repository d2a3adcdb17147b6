import Foundation

/// Where the reference data of the tests lies: `Tests/Vectors`.
public enum Vectors {
  /// The folder `Tests/Vectors`.
  public static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Vectors")

  /// The path of a file or folder below `Tests/Vectors`.
  public static func path(_ name: String) -> String { folder.appending(path: name).path }
}
