/// What a chat template may cost; every figure is counted while it is read or run.
///
/// The standard figures leave published templates far behind (the largest of them has 30 kB, and
/// renders a conversation of five turns in some thousand steps) and keep the worst template below a
/// second and 64 MB.
public struct TemplateLimits: Sendable, Equatable {
  /// Bytes of the template's text.
  public var sourceBytes: Int
  /// Parts of its syntax tree.
  public var nodes: Int
  /// Nesting of the syntax tree: an expression in an expression, a block in a block.
  public var syntaxDepth: Int
  /// Nesting while it runs; each macro that calls another adds the depth of its body.
  ///
  /// A level takes about 1.4 kB of stack, so that the standard one fits a thread of 512 kB.
  public var callDepth: Int
  /// Lists and objects inside one another.
  public var valueDepth: Int
  /// Evaluated parts, passes of loops, and one for every few bytes or values that are walked.
  public var steps: Int
  /// Bytes of all values that are made, kept or not, and of the result.
  ///
  /// Counting what was let go again costs long quadratic templates dearly, and makes the verdict
  /// the same on every machine.
  public var valueBytes: Int
  /// Bytes of the result.
  public var outputBytes: Int

  /// The limits for templates of models.
  public static let standard = TemplateLimits(
    sourceBytes: 1 << 20, nodes: 200_000, syntaxDepth: 100, callDepth: 250, valueDepth: 100,
    steps: 4_000_000, valueBytes: 48 << 20, outputBytes: 16 << 20)

  /// These limits.
  public init(
    sourceBytes: Int, nodes: Int, syntaxDepth: Int, callDepth: Int, valueDepth: Int, steps: Int,
    valueBytes: Int, outputBytes: Int
  ) {
    self.sourceBytes = sourceBytes
    self.nodes = nodes
    self.syntaxDepth = syntaxDepth
    self.callDepth = callDepth
    self.valueDepth = valueDepth
    self.steps = steps
    self.valueBytes = valueBytes
    self.outputBytes = outputBytes
  }
}

/// Which bound a template reached.
public enum TemplateLimit: Sendable, Equatable {
  case sourceBytes(Int)
  case nodes(Int)
  case syntaxDepth(Int)
  case callDepth(Int)
  case valueDepth(Int)
  case steps(Int)
  case valueBytes(Int)
  case outputBytes(Int)
  /// A number beyond 64 bits.
  case integer
  /// A `range` beyond the sandbox's 100 000.
  case range(Int)

  /// The bound in words, as in "it needs more than 5 steps allowed".
  var words: String {
    switch self {
    case .sourceBytes(let value): "the \(value) bytes of text"
    case .nodes(let value): "the \(value) parts"
    case .syntaxDepth(let value): "the \(value) levels of nesting"
    case .callDepth(let value): "the \(value) levels of calls"
    case .valueDepth(let value): "the \(value) levels of lists and objects"
    case .steps(let value): "the \(value) steps"
    case .valueBytes(let value): "the \(value) bytes of values"
    case .outputBytes(let value): "the \(value) bytes of output"
    case .integer: "the 64 bits of an integer that are"
    case .range(let value): "the \(value) numbers of a range"
    }
  }
}
