extension MinerConfiguration: CommonConfiguration {
  /// The miner.
  public static var role: DaemonRole { .miner }

  /// A configuration of defaults only.
  public init(defaults: DefaultPaths) {
    self.init(
      daemon: DaemonSection(stateFolder: defaults.stateFolder, socket: defaults.socket),
      wallet: WalletSection(), chain: ChainSection(localPath: defaults.ledger),
      hub: HubSection(path: defaults.hub), compute: ComputeSection(), round: Round(),
      datasets: [], finetune: Finetune(), publish: Publish(), metrics: MetricsSection())
  }

  /// Every key that stands once, in the order of the example file.
  public static let settings: [Setting<MinerConfiguration>] =
    sharedSettings + roundSettings + finetuneSettings + publishSettings + metricsSettings

  /// `[[dataset]]`.
  public static let lists: [SettingList<MinerConfiguration>] = [
    SettingList(
      "dataset", \.datasets, blank: Dataset(name: "", path: "", chatTemplate: nil),
      [
        Setting(
          "dataset.name", \.name, .name, "What it is called.", isRequired: true,
          example: #""letters""#),
        Setting(
          "dataset.path", \.path, .path, "A text or JSONL file.", isRequired: true,
          example: #""data/letters.jsonl""#),
        Setting(
          "dataset.chat_template", \.chatTemplate,
          .choice(["chatml", "chatml-default-system", "llama3", "plain"]),
          "How conversations are written; without it as the base does.", example: #""plain""#),
        Setting(
          "dataset.chat_template_arguments", \.chatTemplateArguments, .json,
          "What the base's own template is told besides: a JSON object.",
          example: #"'{"enable_thinking": false}'"#),
      ])
  ]

  private static var roundSettings: [Setting<MinerConfiguration>] {
    [
      Setting(
        "round.coordinator", \.round.coordinator, .address,
        "The hotkey that announces rounds; without it the daemon waits and says so.",
        example: #""5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY""#),
      Setting(
        "round.participate", \.round.participate, .truth,
        "False only watches: nothing is trained or committed unless told by RPC."),
    ]
  }

  private static var finetuneSettings: [Setting<MinerConfiguration>] {
    [
      Setting(
        "finetune.method", \.finetune.method, .choice(["full", "lora"]),
        "Train all weights, or an adapter."),
      Setting("finetune.rank", \.finetune.rank, .integer(1...1024), "LoRA: the rank."),
      Setting(
        "finetune.alpha", \.finetune.alpha, .number(0.001...1_000_000),
        "LoRA: alpha; without it the rank.", example: "16.0"),
      Setting(
        "finetune.target_modules", \.finetune.targetModules, .list(of: .name),
        "LoRA: names of linear modules; without it all of the blocks.",
        example: #"["q_proj", "v_proj"]"#),
      Setting(
        "finetune.steps", \.finetune.steps, .integer(1...1_000_000_000),
        "Optimiser steps; without it as many as the epochs take.", example: "200"),
      Setting(
        "finetune.epochs", \.finetune.epochs, .number(0.001...100_000), "Passes over the data."),
      Setting("finetune.batch", \.finetune.batch, .integer(1...65536), "Windows a batch."),
      Setting(
        "finetune.gradient_accumulation", \.finetune.gradientAccumulation, .integer(1...65536),
        "Batches a step."),
      Setting(
        "finetune.block_size", \.finetune.blockSize, .integer(1...1_048_576),
        "Tokens a window; without it the round's block size.", example: "256"),
      Setting(
        "finetune.learning_rate", \.finetune.learningRate, .number(0...10),
        "The highest learning rate; without it the method's default.", example: "0.0002"),
      Setting(
        "finetune.schedule", \.finetune.schedule, .choice(["constant", "linear", "cosine"]),
        "How the learning rate goes on after the warm-up."),
      Setting(
        "finetune.warmup_steps", \.finetune.warmupSteps, .integer(0...1_000_000_000),
        "Steps until the highest learning rate."),
      Setting(
        "finetune.weight_decay", \.finetune.weightDecay, .number(0...10), "AdamW's decay."),
      Setting(
        "finetune.clip_norm", \.finetune.clipNorm, .number(0.000001...1_000_000),
        "The largest gradient norm; without it gradients are not clipped.", example: "1.0"),
      Setting(
        "finetune.checkpoint_every", \.finetune.checkpointEvery, .integer(0...1_000_000_000),
        "Steps between checkpoints; 0 writes one only when stopped."),
      Setting(
        "finetune.dtype", \.finetune.dtype,
        .choice(["auto", "float32", "bfloat16", "float16", "base"]),
        "How the model is stored; auto is float32, or as the base's weights where the round takes nothing else."
      ),
      Setting(
        "finetune.compute", \.finetune.compute, .choice(["float32", "bf16", "auto"]),
        "Precision of matrix products; auto takes bf16 where the processor has it."),
    ]
  }

  private static var publishSettings: [Setting<MinerConfiguration>] {
    [
      Setting(
        "publish.name", \.publish.name, .name,
        "Repositories are called NAME-rROUND; without it the hotkey's name.",
        example: #""my-model""#),
      Setting(
        "publish.license", \.publish.license, .code,
        "The Hub's id of the licence of what is published; without it the card says that none is stated.",
        example: #""apache-2.0""#),
      Setting(
        "publish.description", \.publish.description, .prose,
        "What the data are, in your words, for the model card.",
        example: #""Letters of the nineteenth century, typed by hand.""#),
      Setting(
        "publish.language", \.publish.language, .list(of: .code, isSingleAllowed: true),
        "Codes of the languages of the data, for the model card."),
      Setting(
        "publish.samples", \.publish.samples, .path,
        "A JSONL file of at most 1 MiB that is published with the model; without it no data leave this machine.",
        example: #""data/samples.jsonl""#),
      Setting(
        "publish.keep_rounds", \.publish.keepRounds, .integer(0...100_000),
        "Finished rounds whose models and checkpoints are kept on this machine."),
    ]
  }
}
