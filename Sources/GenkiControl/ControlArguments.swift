import ArgumentParser

/// Lets the options that every command has stand before the command too.
public enum ControlArguments {
  private static let flags: Set = ["--json", "--miner", "--validator"]
  private static let options: Set = ["--socket", "--timeout"]

  /// The same command line with the shared options moved behind the command's words.
  ///
  /// - Parameter arguments: Without the program's own name.
  public static func arranged(_ arguments: [String]) -> [String] {
    var rest = arguments[...]
    var words: [String] = []
    var moved: [String] = []
    var command: any ParsableCommand.Type = ControlCommand.self
    while let argument = rest.first {
      let name = argument.split(separator: "=", maxSplits: 1).first.map(String.init) ?? ""
      if flags.contains(argument) || (options.contains(name) && name != argument) {
        moved.append(argument)
        rest = rest.dropFirst()
      } else if options.contains(argument) {
        moved += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else if let next = command.configuration.subcommands.first(where: {
        $0._commandName == argument
      }) {
        words.append(argument)
        rest = rest.dropFirst()
        command = next
      } else {
        break
      }
    }
    // Help and version belong to what stands before them.
    if let argument = rest.first, ["-h", "--help", "--version"].contains(argument) {
      return words + rest
    }
    return words + moved + rest
  }
}
