import GenkiCore

/// The rules of a round: they stand in its manifest, and everybody takes them from there.
public struct RoundRules: Codable, Sendable, Hashable {
  /// λ: the step at which a gain is measured.
  public var stepSize: Double
  /// Blocks after the close until which a submission must be public.
  public var revealBlocks: UInt64
  /// d: blocks after the close whose hash seeds the evaluation.
  public var evaluationDelayBlocks: UInt64
  /// Tokens in a window.
  public var blockSize: Int
  /// Windows that go through a model together; part of the rules because sums depend on it.
  public var evaluationRows: Int
  /// Windows of each validation file that are evaluated; nil takes all.
  public var windowsMaximum: Int?
  /// Windows of each validation file on which predictions are compared.
  public var probeWindows: Int
  /// The held-out files, which every validator must have.
  public var validationSet: [ValidationFile]
  /// What a submission may be: `full`, `lora`.
  public var methods: [String]
  /// Bytes of all files of a submission.
  public var submissionBytesMaximum: Int
  /// The largest rank of an adapter.
  public var rankMaximum: Int
  /// ‖δ‖/‖θ‖ may not exceed this.
  public var changeRatioMaximum: Double
  /// The same for each matrix.
  public var matrixChangeRatioMaximum: Double
  /// How changes are combined.
  public var strategy: String
  /// The bound on a change's norm, as a multiple of the median.
  public var normBound: Double
  /// How the Dama is stored: `float32`, or `base` for the base's own types. nil in rounds under the rules
  /// of before, in which submissions are stored as the base is, equal models are known by their files,
  /// and held-out text is encoded as then.
  public var damaDtype: String?
  /// The day that chat templates see where they ask for one, written 2026-11-29: the same for everybody in
  /// the round, whatever their clocks say. nil is `2024-07-26`, and the only thing under the rules of before.
  public var date: String?

  /// Whether these are rules of version 0.1, under which everything that decides stays as it was then.
  public var areFirst: Bool { damaDtype == nil }

  /// What `damaDtype` may be.
  public static let damaDtypes = ["float32", "base"]

  /// One held-out file.
  public struct ValidationFile: Codable, Sendable, Hashable {
    /// What it is called in tables.
    public var name: String
    /// SHA-256 of the file.
    public var sha256: ContentDigest

    /// One held-out file.
    public init(name: String, sha256: ContentDigest) {
      self.name = name
      self.sha256 = sha256
    }
  }

  /// Rules; see the properties.
  public init(
    stepSize: Double, revealBlocks: UInt64, evaluationDelayBlocks: UInt64, blockSize: Int,
    evaluationRows: Int, windowsMaximum: Int?, probeWindows: Int,
    validationSet: [ValidationFile], methods: [String], submissionBytesMaximum: Int,
    rankMaximum: Int, changeRatioMaximum: Double, matrixChangeRatioMaximum: Double,
    strategy: String, normBound: Double, damaDtype: String?, date: String? = nil
  ) {
    self.stepSize = stepSize
    self.revealBlocks = revealBlocks
    self.evaluationDelayBlocks = evaluationDelayBlocks
    self.blockSize = blockSize
    self.evaluationRows = evaluationRows
    self.windowsMaximum = windowsMaximum
    self.probeWindows = probeWindows
    self.validationSet = validationSet
    self.methods = methods
    self.submissionBytesMaximum = submissionBytesMaximum
    self.rankMaximum = rankMaximum
    self.changeRatioMaximum = changeRatioMaximum
    self.matrixChangeRatioMaximum = matrixChangeRatioMaximum
    self.strategy = strategy
    self.normBound = normBound
    self.damaDtype = damaDtype
    self.date = date
  }

  /// The first value that no honest coordinator would write, in words; nil if there is none.
  public var problem: String? {
    func within(_ value: Double, _ range: ClosedRange<Double>, _ name: String) -> String? {
      range.contains(value)
        ? nil : "\(name) is \(value), allowed is \(range.lowerBound) to \(range.upperBound)"
    }
    let checks: [String?] = [
      within(stepSize, 1e-6...1, "step_size"),
      within(Double(revealBlocks), 1...1e6, "reveal_blocks"),
      within(Double(evaluationDelayBlocks), 0...1e6, "evaluation_delay_blocks"),
      within(Double(blockSize), 1...131_072, "block_size"),
      within(Double(evaluationRows), 1...4_096, "evaluation_rows"),
      within(Double(windowsMaximum ?? 2), 2...1e6, "windows_maximum"),
      within(Double(probeWindows), 1...1e6, "probe_windows"),
      within(Double(validationSet.count), 1...256, "the number of validation files"),
      within(Double(submissionBytesMaximum), 1...1e13, "submission_bytes_maximum"),
      within(Double(rankMaximum), 1...65_536, "rank_maximum"),
      within(changeRatioMaximum, 1e-6...1e6, "change_ratio_maximum"),
      within(matrixChangeRatioMaximum, 1e-6...1e6, "matrix_change_ratio_maximum"),
      within(normBound, 1e-6...1e6, "norm_bound"),
      methods.isEmpty || !Set(methods).isSubset(of: ["full", "lora"])
        ? "methods must be some of full and lora" : nil,
      damaDtype.flatMap { type in
        Self.damaDtypes.contains(type)
          ? nil
          : "dama_dtype is \(type.quoted()), and this program knows "
            + Self.damaDtypes.joined(separator: " and ") + " only"
      },
      date.flatMap { text in
        CalendarDate(text)?.description == text
          ? nil : "date is \(text.quoted()), which is no day written 2026-11-29"
      },
      areFirst && date != nil ? "date is a rule that needs dama_dtype" : nil,
    ]
    return checks.compactMap { $0 }.first
  }
}
