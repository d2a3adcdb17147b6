import Foundation
import Testing

/// README, docs and changelog say what is true: what they name exists.
@Suite struct DocumentTests {
  @Test func readmeShowsTheTwoCommandsOnItsFirstScreen() throws {
    let readme = try #require(SourceTree.file("README.md"))
    let screen = readme.lines.prefix(40).joined(separator: "\n")
    #expect(screen.contains("deploy/demo"))
    #expect(screen.contains("deploy/test"))
  }

  @Test func changelogStartsWithTheVersionThatTheProgramsPrint() throws {
    let source = try #require(SourceTree.file("Sources/GenkiConsole/ProgramVersion.swift"))
    let text = source.lines.joined(separator: "\n")
    let version = try #require(text.firstMatch(of: #/current = "([^"]+)"/#)).1
    let changelog = try #require(SourceTree.file("CHANGELOG.md"))
    let heading = try #require(changelog.lines.first { $0.hasPrefix("## ") })
    #expect(heading.hasPrefix("## \(version)"))
  }

  @Test func everyFileThatADocumentLinksToExists() {
    for document in SourceTree.documents {
      let folder = document.path.contains("/") ? "docs/" : ""
      for match in document.lines.joined(separator: "\n").matches(of: #/\]\(([^)#]+)[^)]*\)/#) {
        let target = String(match.1)
        guard !target.contains("://") else { continue }
        #expect(SourceTree.exists(folder + target), "\(document.path) links to \(target)")
      }
    }
  }

  @Test func everySourceFileThatADocumentNamesExists() {
    for document in SourceTree.documents {
      let text = document.lines.joined(separator: "\n")
      for match in text.matches(of: #/`((?:Sources|Tests|config|deploy|docs)/[^`\s]+)`/#) {
        #expect(SourceTree.exists(String(match.1)), "\(document.path) names \(match.1)")
      }
    }
  }

  @Test func everyCommandOfTheExamplesExists() {
    let programs = [
      "genki-minerd": Self.declarations(of: "GenkiMiner"),
      "genki-validatord": Self.declarations(of: "GenkiValidator"),
      "genki-demo": Self.declarations(of: "GenkiDemo"),
      "genki-bench": Self.declarations(of: "Benchmarks"),
    ]
    for document in SourceTree.documents {
      for line in Self.commandLines(of: document) {
        let words = line.split(separator: " ").map(String.init)
        guard let first = words.first else { continue }
        if first.hasPrefix("deploy/") {
          #expect(SourceTree.exists(first), "\(document.path): \(line)")
        }
        guard let known = programs[URL(filePath: first).lastPathComponent] else { continue }
        let command = words.dropFirst().first ?? ""
        #expect(
          known.commands.contains(command) || command.hasPrefix("-"), "\(document.path): \(line)")
        for option in words.filter({ $0.hasPrefix("--") }) {
          let name = option.dropFirst(2).split(separator: "=").first.map(String.init) ?? ""
          #expect(known.options.contains(name), "\(document.path): \(line) has \(option)")
        }
      }
    }
  }

  /// Lines of fenced blocks, continuation lines joined.
  private static func commandLines(of document: SourceTree.File) -> [String] {
    var result: [String] = []
    var inside = false
    var pending = ""
    for line in document.lines {
      if line.hasPrefix("```") {
        inside.toggle()
        continue
      }
      guard inside else { continue }
      if line.hasSuffix("\\") {
        pending += line.dropLast()
      } else {
        result.append((pending + line).trimmingCharacters(in: .whitespaces))
        pending = ""
      }
    }
    return result
  }

  /// The names of the commands and options that a target's sources declare.
  private static func declarations(
    of target: String
  ) -> (commands: Set<String>, options: Set<String>) {
    var commands: Set<String> = ["help"]
    var options: Set<String> = ["help", "version", "json"]
    for file in SourceTree.sources + SourceTree.tests
    where file.target == target || file.target == "GenkiConsole" {
      let text = file.lines.joined(separator: "\n")
      for match in text.matches(of: #/commandName: "([^"]+)"/#) { commands.insert(String(match.1)) }
      for match in text.matches(of: #/customLong\("([^"]+)"/#) { options.insert(String(match.1)) }
      // `@Option(…) public var learningRate`: the option's name is the property's in kebab case.
      for match in text.matches(
        of: #/@(?:Option|Flag)\b[\s\S]{0,1500}?\bvar (\w+)/#)
      {
        options.insert(kebabCase(String(match.1)))
      }
    }
    return (commands, options)
  }

  private static func kebabCase(_ name: String) -> String {
    name.reduce(into: "") { result, character in
      result += character.isUppercase ? "-" + character.lowercased() : String(character)
    }
  }
}
