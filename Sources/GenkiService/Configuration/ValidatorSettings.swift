extension ValidatorConfiguration: CommonConfiguration {
  /// The validator.
  public static var role: DaemonRole { .validator }

  /// A configuration of defaults only.
  public init(defaults: DefaultPaths) {
    self.init(
      daemon: DaemonSection(stateFolder: defaults.stateFolder, socket: defaults.socket),
      wallet: WalletSection(), chain: ChainSection(localPath: defaults.ledger),
      hub: HubSection(path: defaults.hub), compute: ComputeSection(), round: Round(),
      evaluation: Evaluation(), scoring: Scoring(), aggregation: Aggregation(),
      weights: Weights(), metrics: MetricsSection())
  }

  /// Every key, in the order of the example file.
  public static let settings: [Setting<ValidatorConfiguration>] =
    sharedSettings + roundSettings + evaluationSettings + scoringSettings + aggregationSettings
    + weightsSettings + metricsSettings

  /// None.
  public static let lists: [SettingList<ValidatorConfiguration>] = []

  private static var roundSettings: [Setting<ValidatorConfiguration>] {
    [
      Setting(
        "round.coordinator", \.round.coordinator, .address,
        "The hotkey that announces rounds: our own makes this daemon the coordinator.",
        example: #""5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY""#),
      Setting(
        "round.base", \.round.base, .path,
        "The model folder of the first base; the coordinator needs it once.", example: #""base""#),
      Setting("round.name", \.round.name, .name, "Repositories of bases are called NAME-rROUND."),
      Setting(
        "round.length_blocks", \.round.lengthBlocks, .integer(1...10_000_000),
        "Blocks from the announcement to the close."),
      Setting(
        "round.reveal_blocks", \.round.revealBlocks, .integer(0...1_000_000),
        "Blocks after the close until which a submission must be public."),
      Setting(
        "round.evaluation_delay_blocks", \.round.evaluationDelayBlocks, .integer(0...1_000_000),
        "Blocks after the close whose hash seeds the evaluation."),
      Setting(
        "round.last_round", \.round.lastRound, .integer(0...Int.max),
        "The round after which no other is announced; without it rounds go on.", example: "10"),
      Setting(
        "round.publish_bf16", \.round.publishBF16, .truth,
        "Also publish each Dama rounded to bfloat16, as NAME-rROUND-bf16, for those who only want to use it."
      ),
      Setting(
        "round.methods", \.round.methods, .list(of: .choice(["full", "lora"])),
        "What submissions may be: full models, adapters or both."),
      Setting(
        "round.submission_bytes_max", \.round.submissionBytesMaximum, .integer(1...1 << 50),
        "Bytes of a submission; without it those of the widest admissible file.",
        example: "1_073_741_824"),
      Setting(
        "round.rank_max", \.round.rankMaximum, .integer(1...65536),
        "The largest rank of an adapter."),
      Setting(
        "round.license", \.round.license, .code,
        "The Hub's id of the licence of bases; without it that of the card in round.base, if it states one.",
        example: #""apache-2.0""#),
      Setting(
        "round.description", \.round.description, .prose,
        "What the bases are, in your words, for their model cards.",
        example: #""A small model of old English prose.""#),
      Setting(
        "round.language", \.round.language, .list(of: .code, isSingleAllowed: true),
        "Codes of the languages, for the model cards."),
    ]
  }

  private static var evaluationSettings: [Setting<ValidatorConfiguration>] {
    [
      Setting(
        "evaluation.data", \.evaluation.data, .list(of: .path, isSingleAllowed: true),
        "Held-out text or JSONL files, the same with every validator of a subnet.",
        example: #"["held-out/letters.txt", "held-out/talks.jsonl"]"#),
      Setting(
        "evaluation.block_size", \.evaluation.blockSize, .integer(1...1_048_576),
        "Tokens a window; without it the model's context, at most 256.", example: "256"),
      Setting(
        "evaluation.batch", \.evaluation.batch, .integer(1...65536),
        "Windows that go through a model together."),
      Setting(
        "evaluation.windows_max", \.evaluation.windowsMaximum, .integer(0...Int.max),
        "Windows of each file that are evaluated; 0 takes all.", nothing: 0),
      Setting(
        "evaluation.probe_windows", \.evaluation.probeWindows, .integer(1...1_000_000),
        "Windows of each file on which predictions are compared."),
    ]
  }

  private static var scoringSettings: [Setting<ValidatorConfiguration>] {
    [
      Setting(
        "scoring.step_size", \.scoring.stepSize, .number(0.001...1),
        "The step along a miner's change at which its gain is measured; 1 is the model itself.")
    ]
  }

  private static var aggregationSettings: [Setting<ValidatorConfiguration>] {
    [
      Setting(
        "aggregation.strategy", \.aggregation.strategy,
        .choice(["weighted-mean", "median", "trimmed-mean"]),
        "How changes become one."),
      Setting(
        "aggregation.norm_bound", \.aggregation.normBound, .number(0.1...1_000_000),
        "The bound on a change's norm, as a multiple of the median."),
      Setting(
        "aggregation.dtype", \.aggregation.dtype, .choice(["float32", "base"]),
        "How a Dama is stored: float32 loses nothing of a merge; base keeps the base's types, which over 16 bits rounds small changes away."
      ),
    ]
  }

  private static var weightsSettings: [Setting<ValidatorConfiguration>] {
    [
      Setting(
        "weights.set", \.weights.set, .truth,
        "False never sets weights: scores are computed and shown only."),
      Setting(
        "weights.version_key", \.weights.versionKey, .integer(0...Int.max),
        "The version key of a weight vector."),
      Setting(
        "weights.commit_scheme", \.weights.commitScheme,
        .choice(WeightCommitScheme.allCases.map(\.rawValue)),
        "How a vector is committed to where the subnet wants it: by hash; timelocked is not available."
      ),
      Setting(
        "weights.keep_rounds", \.weights.keepRounds, .integer(0...100_000),
        "Finished rounds whose fetched models are kept on this machine."),
    ]
  }
}
