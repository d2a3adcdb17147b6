import Foundation
import GenkiCore
import GenkiFormats

/// How a base was made: everything that anybody needs to make it again, bit for bit.
public struct RoundManifest: Sendable, Equatable {
  /// The name of the manifest beside the new base.
  public static let fileName = "manifest.json"
  /// The name of the new base's weights.
  public static let damaFileName = ModelFiles.weights
  /// The kind and version of a document that names the Dama's type.
  static let currentFormat = "genki-dama/round/2"
  /// The kind and version of documents of rounds without a rule of it.
  static let firstFormat = "genki-dama/round/1"

  /// The rules that the aggregation followed.
  public struct Rules: Sendable, Equatable {
    /// How changes were combined.
    public var strategy: AggregationStrategy
    /// The bound on a norm, as a multiple of the median.
    public var normBound: Double
    /// The bounds of the gates.
    public var limits: CandidateLimits
    /// The bounds of the guarded step.
    public var guardRules: GuardedStep.Rules
  }

  /// The base that was moved.
  public struct Base: Sendable, Equatable {
    /// Where it was, as the command named it.
    public var path: String
    /// SHA-256 over its weight files.
    public var contentDigest: ContentDigest
    /// SHA-256 of its `config.json`.
    public var configurationDigest: ContentDigest
  }

  /// One model of the round.
  public struct Input: Sendable, Equatable {
    /// Where it was, as the command named it.
    public var path: String
    /// The score it came with.
    public var score: Double
    /// Nil for an accepted model.
    public var rejection: RejectionRecord?
    /// SHA-256 over its weight files; nil where it could not be read.
    public var contentDigest: ContentDigest?
    /// SHA-256 of its `adapter_config.json`; nil for a full model.
    public var configurationDigest: ContentDigest?
    /// Weight, share, norm and norm factor; nil for a refused model.
    public var part: AggregationPlan.Input?
  }

  /// A refusal as the manifest keeps it.
  public struct RejectionRecord: Sendable, Equatable {
    /// The gate's number.
    public var gate: Int
    /// A stable name of the reason.
    public var code: String
    /// The reason in words.
    public var reason: String
  }

  /// A file of held-out text.
  public struct DataFile: Sendable, Equatable {
    /// The file, as the command named it.
    public var path: String
    /// The file's SHA-256.
    public var digest: ContentDigest
    /// Windows that were evaluated, and their length.
    public var windows: Int
    /// Tokens in a window.
    public var blockSize: Int

    /// A record; see the properties.
    public init(path: String, digest: ContentDigest, windows: Int, blockSize: Int) {
      self.path = path
      self.digest = digest
      self.windows = windows
      self.blockSize = blockSize
    }
  }

  /// The new base.
  public struct Dama: Sendable, Equatable {
    /// SHA-256 of its `model.safetensors`.
    public var digest: ContentDigest
    /// The content hash of the folder, as a submission names its base.
    public var contentDigest: ContentDigest
    /// SHA-256 of its `config.json`: the base's own, in which only the weights' type may change.
    public var configurationDigest: ContentDigest?
    /// SHA-256 of its `tokenizer.json`, the base's own; nil where the base has none.
    public var tokenizerDigest: ContentDigest?
    /// SHA-256 of each of the base's files that it hands on, by name; nil where the round's rules do
    /// not name the Dama's type.
    public var companions: [String: ContentDigest]?
  }

  /// What was moved.
  public var base: Base
  /// By which rules.
  public var rules: Rules
  /// How the new base is stored; nil where the round's rules do not say it.
  public var damaType: DamaType?
  /// In commit order.
  public var inputs: [Input]
  /// The step along the combined change that was taken.
  public var step: Double
  /// What each step would have gained; empty without held-out text.
  public var trials: [GuardedStep.Trial]
  /// The held-out text of the guarded step.
  public var data: [DataFile]
  /// The seed that chose the windows of the held-out text.
  public var seed: UInt64
  /// What came out.
  public var dama: Dama
}

extension RoundManifest {
  init(
    base: Base, rules: Rules, damaType: DamaType?, inputs: [Input], step: Double,
    trials: [GuardedStep.Trial], heldOut: AggregationJob.HeldOut?, dama: Dama
  ) {
    self.init(
      base: base, rules: rules, damaType: damaType, inputs: inputs, step: step, trials: trials,
      data: heldOut?.records ?? [], seed: heldOut?.seed ?? 0, dama: dama)
  }
}

extension RoundManifest {
  /// The trial of the step that was taken.
  public var taken: GuardedStep.Trial? { trials.first { $0.step == step } }

  /// What rounding has taken of the step, in words; nil where it has taken nothing.
  public var roundingRemark: String? {
    guard let kept = taken?.changesKept, kept < 1 else { return nil }
    let longer = trials.filter { $0.step > step }.compactMap(\.changesKept)
    return
      "rounding to the base's types keeps \((100 * kept).shortText) % of the changed weights at "
      + "step \(step)" + (longer.isEmpty ? "" : ", the best of what is left")
  }
}

extension RoundManifest.Base {
  init(_ base: BaseModel, contentDigest: ContentDigest? = nil) throws {
    self.init(
      path: base.folder, contentDigest: try contentDigest ?? base.contentDigest(),
      configurationDigest: try SHA256Hasher.digest(ofFile: base.configurationPath))
  }
}

extension RoundManifest.Input {
  init(path: String, score: Double, candidate: Candidate, part: AggregationPlan.Input?) {
    self.init(
      path: path, score: score, rejection: nil, contentDigest: candidate.contentDigest,
      configurationDigest: candidate.configurationDigest, part: part)
  }

  init(path: String, score: Double, rejection: Rejection) {
    self.init(
      path: path, score: score,
      rejection: RoundManifest.RejectionRecord(
        gate: rejection.gate, code: rejection.code, reason: rejection.description),
      contentDigest: nil, configurationDigest: nil, part: nil)
  }
}

extension RoundManifest.Dama {
  /// The digests of a written file and of what lies beside it; `digest` is the file's, where it is
  /// known already.
  init(file: String, digest: ContentDigest? = nil, listsCompanions: Bool) throws {
    let digest = try digest ?? SHA256Hasher.digest(ofFile: file)
    let line = "\(digest.hex)  \(RoundManifest.damaFileName)\n"
    let folder = String(file.dropLast(RoundManifest.damaFileName.count))
    func digestIfThere(_ name: String) throws -> ContentDigest? {
      guard FileManager.default.fileExists(atPath: folder + name) else { return nil }
      return try SHA256Hasher.digest(ofFile: folder + name)
    }
    self.init(
      digest: digest, contentDigest: SHA256Hasher.digest(of: Array(line.utf8)),
      configurationDigest: try digestIfThere(ModelFiles.configuration),
      tokenizerDigest: try digestIfThere(ModelFiles.tokenizer),
      companions: listsCompanions ? try Self.companions(of: folder) : nil)
  }

  /// SHA-256 of the files that a folder hands on, by name.
  static func companions(of folder: String) throws -> [String: ContentDigest] {
    let digests = try ModelFolder.companions(in: folder).map {
      ($0, try SHA256Hasher.digest(ofFile: "\(folder)/\($0)"))
    }
    return Dictionary(digests) { first, _ in first }
  }
}
