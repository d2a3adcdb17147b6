/// What a template made of a conversation, with the origin of every byte.
public struct RenderedText: Sendable, Equatable {
  /// Bytes in a row that have one origin.
  public struct Run: Sendable, Equatable {
    /// Where it ends; it begins where the run before it ends.
    public var end: Int
    /// Whose words it has: 0 is the template's own.
    public var mark: Int32

    /// A run.
    public init(end: Int, mark: Int32) {
      self.end = end
      self.mark = mark
    }
  }

  /// The text.
  public var utf8: [UInt8]
  /// Its runs with ascending ends; a run without bytes says where a marked text stood that is empty.
  public var runs: [Run]
  /// The byte ranges of the `{% generation %}` blocks, in the order in which they were rendered.
  public var generation: [Range<Int>]

  /// Where the parts end that one statement of the template wrote each, ascending; those of captured blocks
  /// are not told apart.
  public var statementEnds: [Int]

  /// A text with its runs.
  public init(
    utf8: [UInt8], runs: [Run], generation: [Range<Int>], statementEnds: [Int] = []
  ) {
    self.utf8 = utf8
    self.runs = runs
    self.generation = generation
    self.statementEnds = statementEnds
  }
}
