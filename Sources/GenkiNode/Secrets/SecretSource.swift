import GenkiChain

/// Where a command gets a secret from; never from the command line or the environment, which other
/// processes can read.
public struct SecretSource: Sendable {
  private let file: String?
  private let descriptor: Int32?
  private let options: (file: String, descriptor: String)

  /// - Parameters:
  ///   - file: A file that nobody but its owner may reach, or a pipe.
  ///   - descriptor: An open descriptor.
  ///   - options: What the two are called on the command line: `--password-file`, `--password-fd`.
  public init(file: String?, descriptor: Int32?, options: (file: String, descriptor: String)) {
    self.file = file
    self.descriptor = descriptor
    self.options = options
  }

  /// A password's usual options.
  public init(passwordFile: String?, passwordDescriptor: Int32?) {
    self.init(
      file: passwordFile, descriptor: passwordDescriptor,
      options: ("--password-file", "--password-fd"))
  }

  /// Whether one of the options was used.
  public var isGiven: Bool { file != nil || descriptor != nil }

  /// The secret: from the file or descriptor, else typed on the terminal.
  ///
  /// - Parameters:
  ///   - question: What the terminal shows: `Password of the coldkey: `.
  ///   - isNew: Ask twice and compare.
  public func read(_ question: String, isNew: Bool = false) throws -> SecretBytes {
    if let file { return try SecretReader.read(path: file) }
    if let descriptor {
      return try SecretReader.read(descriptor: descriptor, source: options.descriptor)
    }
    let terminal = try TerminalPrompt(
      for: question.split(separator: ":").first.map(String.init) ?? question,
      advice: "use \(options.file) or \(options.descriptor)")
    let secret = try terminal.ask(question)
    if isNew, try !terminal.ask("Again: ").isEqual(to: secret) {
      throw WalletError.password(reason: "the two entries differ")
    }
    return secret
  }
}
