import GenkiCore

extension RoundReport {
  /// What a page can reasonably show.
  enum Limits {
    static let candidates = 256
    static let texts = 256
    static let trainings = 64
    static let steps = 200_000
    static let samples = 16
    static let phases = 64
    static let links = 64
  }

  /// Reads a report.
  ///
  /// Unknown keys are left alone, so that a newer writer can be read; absent lists are empty.
  /// - Throws: ``ReportError`` naming the key that is missing or of the wrong kind.
  public init(json: JSONValue) throws {
    let reader = try ReportReader(json, path: "")
    self.init(title: try reader.string("title"), round: try reader.integer("round"))
    damaDigest = try reader.optionalString("dama_sha256")
    manifestDigest = try reader.optionalString("manifest_sha256")
    isVerified = try reader.optionalBool("verified")
    strategy = try reader.optionalString("strategy")
    candidates = try reader.array("candidates", maximum: Limits.candidates) {
      try CandidateRow(ReportReader($0, path: $1))
    }
    similarity = try reader.object("similarity").map(SimilarityTable.init)
    losses = try reader.array("losses", maximum: Limits.texts) {
      try TextLoss(ReportReader($0, path: $1))
    }
    trainings = try reader.array("trainings", maximum: Limits.trainings) {
      try TrainingCurve(ReportReader($0, path: $1))
    }
    samples = try reader.array("samples", maximum: Limits.samples) {
      let sample = try ReportReader($0, path: $1)
      return TextSample(
        prompt: try sample.string("prompt"), base: try sample.string("base"),
        dama: try sample.string("dama"))
    }
    phases = try reader.array("phases", maximum: Limits.phases) {
      let phase = try ReportReader($0, path: $1)
      return Phase(name: try phase.string("name"), seconds: try phase.number("seconds"))
    }
    links = try reader.array("links", maximum: Limits.links) {
      let link = try ReportReader($0, path: $1)
      return Link(title: try link.string("title"), file: try Self.fileName(link))
    }
  }

  /// A name that can only lead to a page in the same folder.
  private static func fileName(_ link: ReportReader) throws -> String {
    let name = try link.string("file")
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isPlain, name.hasSuffix(".html") else {
      throw ReportError.badValue(
        path: "\(link.path).file", expected: "the name of an HTML file", found: "'\(name)'")
    }
    return name
  }

  /// The report as ``init(json:)`` reads it.
  public var json: JSONValue {
    .object([
      "title": .string(title), "round": .integer(Int64(round)),
      "dama_sha256": JSONValue(damaDigest), "manifest_sha256": JSONValue(manifestDigest),
      "verified": isVerified.map { .bool($0) } ?? .null, "strategy": JSONValue(strategy),
      "candidates": .array(candidates.map(\.json)), "similarity": similarity?.json ?? .null,
      "losses": .array(losses.map(\.json)), "trainings": .array(trainings.map(\.json)),
      "samples": .array(
        samples.map {
          .object([
            "prompt": .string($0.prompt), "base": .string($0.base), "dama": .string($0.dama),
          ])
        }),
      "phases": .array(
        phases.map { .object(["name": .string($0.name), "seconds": .number($0.seconds)]) }),
      "links": .array(
        links.map { .object(["title": .string($0.title), "file": .string($0.file)]) }),
    ])
  }
}

extension RoundReport.CandidateRow {
  fileprivate init(_ reader: ReportReader) throws {
    self.init(
      name: try reader.string("name"), score: try reader.number("score"),
      weight: try reader.number("weight"), isAccepted: try Self.isAccepted(reader))
    hotkey = try reader.optionalString("hotkey")
    text = try reader.optionalString("text")
    method = try reader.optionalString("method")
    deltaLoss = try reader.optionalNumber("delta_loss")
    standardError = try reader.optionalNumber("standard_error")
    dataSimilarity = try reader.optionalNumber("data_similarity")
    nearest = try reader.optionalString("nearest")
    reason = try reader.optionalString("reason")
  }

  private static func isAccepted(_ reader: ReportReader) throws -> Bool {
    switch try reader.string("verdict") {
    case "accepted": return true
    case "rejected": return false
    case let other:
      throw ReportError.badValue(
        path: "\(reader.path).verdict", expected: "'accepted' or 'rejected'", found: "'\(other)'")
    }
  }

  fileprivate var json: JSONValue {
    .object([
      "name": .string(name), "hotkey": JSONValue(hotkey), "text": JSONValue(text),
      "method": JSONValue(method), "delta_loss": deltaLoss.map { .number($0) } ?? .null,
      "standard_error": standardError.map { .number($0) } ?? .null,
      "data_similarity": dataSimilarity.map { .number($0) } ?? .null,
      "nearest": JSONValue(nearest), "score": .number(score), "weight": .number(weight),
      "verdict": .string(isAccepted ? "accepted" : "rejected"), "reason": JSONValue(reason),
    ])
  }
}

extension RoundReport.SimilarityTable {
  fileprivate init(_ reader: ReportReader) throws {
    let maximum = RoundReport.Limits.candidates
    names = try reader.array("names", maximum: maximum, ReportReader.string)
    values = try reader.array("values", maximum: maximum) { row, path in
      try ReportReader.array(row, path: path, maximum: maximum, ReportReader.number)
    }
    guard values.count == names.count, values.allSatisfy({ $0.count == names.count }) else {
      throw ReportError.inconsistent(
        path: "\(reader.path).values", problem: "is not a square of \(names.count) names")
    }
  }

  fileprivate var json: JSONValue {
    .object([
      "names": .array(names.map { .string($0) }),
      "values": .array(values.map { .array($0.map { .number($0) }) }),
    ])
  }
}

extension RoundReport.TextLoss {
  fileprivate init(_ reader: ReportReader) throws {
    self.init(
      text: try reader.string("text"), base: try reader.number("base"),
      dama: try reader.number("dama"), isTrainedOn: try reader.optionalBool("trained_on") ?? true)
  }

  fileprivate var json: JSONValue {
    .object([
      "text": .string(text), "base": .number(base), "dama": .number(dama),
      "trained_on": .bool(isTrainedOn),
    ])
  }
}

extension RoundReport.TrainingCurve {
  fileprivate init(_ reader: ReportReader) throws {
    let maximum = RoundReport.Limits.steps
    self.init(
      name: try reader.string("name"), isBase: try reader.optionalBool("is_base") ?? false,
      recipe: try reader.optionalString("recipe"),
      steps: try reader.array("steps", maximum: maximum, ReportReader.integer),
      losses: try reader.array("losses", maximum: maximum, ReportReader.number))
    guard steps.count == losses.count else {
      throw ReportError.inconsistent(
        path: "\(reader.path).losses",
        problem: "has \(losses.count) elements, but there are \(steps.count) steps")
    }
    guard zip(steps, steps.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw ReportError.inconsistent(path: "\(reader.path).steps", problem: "do not increase")
    }
  }

  fileprivate var json: JSONValue {
    .object([
      "name": .string(name), "is_base": .bool(isBase), "recipe": JSONValue(recipe),
      "steps": .array(steps.map { .integer(Int64($0)) }),
      "losses": .array(losses.map { .number($0) }),
    ])
  }
}
