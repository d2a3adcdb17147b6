import Foundation
import Testing

/// The files of the repository that the rules of the house are about.
enum SourceTree {
  /// One text file.
  struct File: CustomTestStringConvertible, Sendable {
    /// Its path from the repository's root.
    let path: String
    let lines: [String]

    /// The folder below `Sources` or `Tests` that it lies in: its target.
    var target: String {
      let parts = path.split(separator: "/")
      return parts.count > 2 ? String(parts[1]) : ""
    }
    /// The lines without comments and without what stands in string literals.
    var code: [String] { lines.map(SourceTree.code(of:)) }
    var testDescription: String { path }
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static let sources = files(below: "Sources", extensions: ["swift", "c", "h"])
  static let tests = files(below: "Tests", extensions: ["swift", "c", "h"])
  static let documents =
    ["README.md", "CHANGELOG.md"].compactMap(file) + files(below: "docs", extensions: ["md"])
  static let scripts = (paths(below: "deploy") + paths(below: ".ci")).compactMap(file).filter {
    $0.lines.first?.hasPrefix("#!/usr/bin/env bash") ?? false
  }

  /// A text file by its path from the root; nil if it is absent or no text.
  static func file(_ path: String) -> File? {
    guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else {
      return nil
    }
    return File(
      path: path,
      lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// All paths below a folder, from the root, sorted.
  static func paths(below folder: String) -> [String] {
    let inside = try? FileManager.default.subpathsOfDirectory(
      atPath: root.appending(path: folder).path)
    return (inside ?? []).sorted().map { "\(folder)/\($0)" }
  }

  /// Places, as `path:line`, whose code matches.
  static func places(in files: [File], matching pattern: Regex<some Any>) -> [String] {
    files.flatMap { file in
      file.code.enumerated().compactMap { index, line in
        line.contains(pattern) ? "\(file.path):\(index + 1): \(line)" : nil
      }
    }
  }

  private static func files(below folder: String, extensions: Set<String>) -> [File] {
    paths(below: folder).filter { path in
      extensions.contains(URL(filePath: path).pathExtension)
    }.compactMap(file)
  }

  /// A line without its comment and with string literals emptied: rules are about code.
  static func code(of line: String) -> String {
    var result = ""
    var inString = false
    var previous: Character = " "
    var escaped = false
    for character in line {
      if escaped {
        escaped = false
        continue
      }
      if inString, character == "\\" {
        escaped = true
        continue
      }
      if character == "\"" {
        inString.toggle()
        result.append(character)
      } else if !inString {
        if character == "/", previous == "/" { return String(result.dropLast()) }
        result.append(character)
      }
      previous = character
    }
    return result
  }
}
