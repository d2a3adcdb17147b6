/// `config/validatord.toml`, checked and with defaults.
public struct ValidatorConfiguration: Sendable, Equatable {
  /// `[daemon]`.
  public var daemon: DaemonSection
  /// `[wallet]`.
  public var wallet: WalletSection
  /// `[chain]`.
  public var chain: ChainSection
  /// `[hub]`.
  public var hub: HubSection
  /// `[compute]`.
  public var compute: ComputeSection
  /// `[round]`.
  public var round: Round
  /// `[evaluation]`.
  public var evaluation: Evaluation
  /// `[scoring]`.
  public var scoring: Scoring
  /// `[aggregation]`.
  public var aggregation: Aggregation
  /// `[weights]`.
  public var weights: Weights
  /// `[metrics]`.
  public var metrics: MetricsSection

  /// `[round]`; all but the coordinator are the rules of the rounds that this hotkey announces.
  public struct Round: Sendable, Equatable {
    /// The hotkey, as SS58 address, that announces rounds: ours makes this daemon the coordinator.
    public var coordinator: String?
    /// The model folder of the first base; the coordinator needs it once.
    public var base: String?
    /// Repositories of bases are called `NAME-rROUND`.
    public var name = "dama"
    /// Blocks from the announcement to the close.
    public var lengthBlocks: UInt64 = 360
    /// Blocks after the close until which a submission must be public.
    public var revealBlocks: UInt64 = 50
    /// Blocks after the close whose hash seeds the evaluation.
    public var evaluationDelayBlocks: UInt64 = 10
    /// The round after which no other is announced; nil goes on.
    public var lastRound: UInt64?
    /// Whether each Dama is also published rounded to bfloat16, for those who only want to use it.
    public var publishBF16 = false
    /// Submissions may be full models, adapters or both: `full`, `lora`.
    public var methods = ["full", "lora"]
    /// Bytes of a submission; nil takes those of the widest admissible file.
    public var submissionBytesMaximum: Int?
    /// The largest rank of an adapter.
    public var rankMaximum = 256
    /// The Hub's id of the licence of bases; nil takes that of the first base's own card.
    public var license: String?
    /// What the bases are, for their model cards.
    public var description: String?
    /// Codes of languages, for the model cards.
    public var language: [String] = []
  }

  /// `[evaluation]`.
  public struct Evaluation: Sendable, Equatable {
    /// Held-out text or JSONL files, the same with every validator of a subnet.
    public var data: [String] = []
    /// Tokens in a window; nil takes the model's context, at most 256.
    public var blockSize: Int?
    /// Windows that go through a model together.
    public var batch = 8
    /// Windows of each file that are evaluated; nil takes all.
    public var windowsMaximum: Int? = 256
    /// Windows of each file on which predictions are compared.
    public var probeWindows = 24
  }

  /// `[scoring]`.
  public struct Scoring: Sendable, Equatable {
    /// λ: the step at which a gain is measured.
    public var stepSize = 0.125
  }

  /// `[aggregation]`.
  public struct Aggregation: Sendable, Equatable {
    /// `weighted-mean`, `median` or `trimmed-mean`.
    public var strategy = "weighted-mean"
    /// The bound on a change's norm, as a multiple of the median.
    public var normBound = 3.0
    /// How a Dama is stored: `float32`, or `base` for the base's own types.
    public var dtype = "float32"
  }

  /// `[weights]`.
  public struct Weights: Sendable, Equatable {
    /// False never sets weights: scores are computed and shown only.
    public var set = true
    /// The version key of a weight vector.
    public var versionKey: UInt64 = 0
    /// How weights are committed to on a subnet with commit and reveal.
    public var commitScheme = WeightCommitScheme.hash
    /// Finished rounds whose fetched models are kept on this machine.
    public var keepRounds = 2
  }
}
