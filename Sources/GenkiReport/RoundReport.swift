/// What one round brought, as plain values: everything the HTML report shows.
///
/// It is read from and written to JSON (``RoundReport/init(json:)``, ``RoundReport/json``), so that
/// whoever ran the round and whoever draws it need not be the same program.
public struct RoundReport: Sendable, Equatable {
  /// The first line of the page.
  public var title: String
  /// The round's number.
  public var round: Int
  /// SHA-256 of the new Dama's weight files.
  public var damaDigest: String?
  /// SHA-256 of the manifest from which anybody can recompute the Dama.
  public var manifestDigest: String?
  /// Whether the Dama was recomputed from its manifest and found equal; nil if nobody tried.
  public var isVerified: Bool?
  /// How the Dama was merged: `score-weighted mean, step 0.5`.
  public var strategy: String?
  /// Candidates in commit order.
  public var candidates: [CandidateRow]
  /// Pairwise similarity of the candidates; nil if it was not computed.
  public var similarity: SimilarityTable?
  /// Loss of base and Dama on each text.
  public var losses: [TextLoss]
  /// Training runs, the base's first.
  public var trainings: [TrainingCurve]
  /// What base and Dama make of the same prompt.
  public var samples: [TextSample]
  /// Where the time went, in order.
  public var phases: [Phase]
  /// Other pages that lie beside this one.
  public var links: [Link]

  /// A round without content.
  public init(title: String, round: Int) {
    self.title = title
    self.round = round
    candidates = []
    losses = []
    trainings = []
    samples = []
    phases = []
    links = []
  }

  /// One row of the leaderboard.
  public struct CandidateRow: Sendable, Equatable {
    /// A short name, unique in the round.
    public var name: String
    /// The hotkey's address, if there is one.
    public var hotkey: String?
    /// What it trained on, as far as the report's author knows.
    public var text: String?
    /// `full`, `lora` or whatever describes the submission.
    public var method: String?
    /// base − candidate at the round's step, in nats per token.
    public var deltaLoss: Double?
    /// The standard error of Δloss.
    public var standardError: Double?
    /// The largest similarity to an earlier accepted candidate, 0…1.
    public var dataSimilarity: Double?
    /// The earlier candidate that it is most similar to.
    public var nearest: String?
    /// The score: (0.95 − similarity) × Δloss, both factors clamped at 0.
    public var score: Double
    /// Its share of the round's weights, 0…1.
    public var weight: Double
    /// Whether it passed the gates.
    public var isAccepted: Bool
    /// Why the score is what it is, where that needs a reason.
    public var reason: String?

    /// A row with a verdict; fill in what is known.
    public init(name: String, score: Double, weight: Double, isAccepted: Bool) {
      self.name = name
      self.score = score
      self.weight = weight
      self.isAccepted = isAccepted
    }
  }

  /// A symmetric matrix with names.
  public struct SimilarityTable: Sendable, Equatable {
    /// One name a row.
    public var names: [String]
    /// Square, as many rows as names.
    public var values: [[Double]]

    /// A table of values.
    public init(names: [String], values: [[Double]]) {
      self.names = names
      self.values = values
    }
  }

  /// Losses on one text, in nats per token.
  public struct TextLoss: Sendable, Equatable {
    /// The text's name.
    public var text: String
    /// The base's loss.
    public var base: Double
    /// The new Dama's loss.
    public var dama: Double
    /// Whether a miner trained on this text's other parts.
    public var isTrainedOn: Bool

    /// Losses of one text.
    public init(text: String, base: Double, dama: Double, isTrainedOn: Bool) {
      self.text = text
      self.base = base
      self.dama = dama
      self.isTrainedOn = isTrainedOn
    }
  }

  /// Training loss over steps.
  public struct TrainingCurve: Sendable, Equatable {
    /// Whose run it is.
    public var name: String
    /// True for the run that made the base.
    public var isBase: Bool
    /// `full, 60 steps at 0.0005`: what was done.
    public var recipe: String?
    /// Steps, increasing.
    public var steps: [Int]
    /// The loss of each step.
    public var losses: [Double]

    /// A curve; both arrays have the same length.
    public init(name: String, isBase: Bool, recipe: String?, steps: [Int], losses: [Double]) {
      self.name = name
      self.isBase = isBase
      self.recipe = recipe
      self.steps = steps
      self.losses = losses
    }
  }

  /// The same prompt, continued by base and Dama.
  public struct TextSample: Sendable, Equatable {
    /// The prompt.
    public var prompt: String
    /// The base's continuation.
    public var base: String
    /// The Dama's continuation.
    public var dama: String

    /// A sample.
    public init(prompt: String, base: String, dama: String) {
      self.prompt = prompt
      self.base = base
      self.dama = dama
    }
  }

  /// Another page in the same folder.
  public struct Link: Sendable, Equatable {
    /// What a reader clicks on.
    public var title: String
    /// The page's file name, without a folder.
    public var file: String

    /// A link to a file beside this one.
    public init(title: String, file: String) {
      self.title = title
      self.file = file
    }
  }

  /// A phase of the round and its wall time.
  public struct Phase: Sendable, Equatable {
    /// What was done.
    public var name: String
    /// Wall time.
    public var seconds: Double

    /// A phase.
    public init(name: String, seconds: Double) {
      self.name = name
      self.seconds = seconds
    }
  }
}
