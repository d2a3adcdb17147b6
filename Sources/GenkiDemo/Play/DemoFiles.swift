import GenkiCore

/// Where the demo's own files are.
struct DemoFiles {
  let folder: DemoFolder
  let recipe: DemoRecipe
  /// The folder with the texts and the model's configuration.
  let texts: String

  var tokenizer: String { folder / "tokenizer.json" }
  var fresh: String { folder / "fresh" }
  var base: String { folder / "base" }
  var configuration: String { "\(texts)/config.json" }

  func file(of text: String, _ part: TextParts.Part) -> String {
    folder / "texts/\(part.rawValue)/\(text).txt"
  }

  /// Cuts every text into the parts that the demo keeps apart.
  func cutTexts() throws {
    for part in TextParts.Part.allCases { _ = try folder.folder("texts/\(part.rawValue)") }
    for text in recipe.texts {
      let bytes = try TextFile.readBytes("\(texts)/\(text).txt", sizeLimit: 300_000)
      let parts = TextParts(bytes)
      for part in TextParts.Part.allCases {
        try AtomicFile.write(parts[part], to: file(of: text, part))
      }
    }
  }
}

extension DemoFolder {
  /// The page of a round.
  func report(round: Int) -> String {
    self / (round == 1 ? "report.html" : "report-round-\(round).html")
  }
}
