import Foundation
import Testing

/// The files of the repository that the rules of the house are about.
enum SourceTree {
  /// One text file.
  struct File: CustomTestStringConvertible, Sendable {
    /// Its path from the repository's root.
    let path: String
    let content: Data
    let lines: [String]

    /// The folder below `Sources` or `Tests` that it lies in: its target.
    var target: String {
      let parts = path.split(separator: "/")
      return parts.count > 2 ? String(parts[1]) : ""
    }
    var testDescription: String { path }

    /// Lines with their numbers; none if the file holds none of the words, which is quick to tell.
    func numberedLines(ifAnyOf words: [String]) -> [(number: Int, line: String)] {
      guard words.contains(where: { content.range(of: Data($0.utf8)) != nil }) else { return [] }
      return lines.enumerated().map { ($0 + 1, $1) }
    }
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
    guard let content = try? Data(contentsOf: root.appending(path: path)),
      let text = String(data: content, encoding: .utf8)
    else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return File(path: path, content: content, lines: lines)
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

  /// Places, as `path:line`, whose code holds one of the words and matches the pattern.
  static func places(
    in files: [File], words: [String], matching pattern: Regex<some Any>
  ) -> [String] {
    files.flatMap { file in
      file.numberedLines(ifAnyOf: words).compactMap { number, line in
        code(of: line).contains(pattern) ? "\(file.path):\(number): \(line)" : nil
      }
    }
  }

  /// Places, as `path:line`, whose text, comments included, matches the pattern.
  static func textPlaces(
    in files: [File], words: [String], matching pattern: Regex<some Any>
  ) -> [String] {
    files.flatMap { file in
      file.numberedLines(ifAnyOf: words).compactMap { number, line in
        line.contains(pattern) ? "\(file.path):\(number): \(line)" : nil
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
