import ArgumentParser
import GenkiChain
import GenkiNode

/// Where the password for a key that is written comes from; never from the command line or the
/// environment, which other processes can read.
struct WalletPasswordOptions: ParsableArguments {
  @Option(name: .long, help: "Read the new key's password from a file's first line (mode 0600).")
  var passwordFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Read the new key's password from an open file descriptor.", valueName: "descriptor"))
  var passwordFd: Int32?

  @Flag(name: .long, help: "Leave the coldkey unencrypted.")
  var noPassword = false

  /// A new password is not shorter than this.
  private static let charactersMin = 8

  /// One of the options was used.
  var isAnyGiven: Bool { isPasswordGiven || noPassword }
  /// A password was given.
  var isPasswordGiven: Bool { passwordFile != nil || passwordFd != nil }

  func validate() throws {
    let given = [passwordFile != nil, passwordFd != nil, noPassword].count { $0 }
    guard given <= 1 else {
      throw ValidationError("give one of --password-file, --password-fd and --no-password")
    }
  }

  /// A password for a new key, asked for twice on a terminal; nil for none.
  ///
  /// - Parameter name: What the key is: `coldkey`.
  func newPassword(for name: String = "coldkey") throws -> SecretBytes? {
    if noPassword { return nil }
    let source = SecretSource(passwordFile: passwordFile, passwordDescriptor: passwordFd)
    let password = try source.read("Password for the new \(name): ", isNew: true)
    let count = password.withBytes { $0.count { $0 & 0xC0 != 0x80 } }
    guard count >= Self.charactersMin else {
      throw WalletError.password(
        reason: "it has \(count) characters; at least \(Self.charactersMin) are needed")
    }
    return password
  }
}

/// Where the password of a key that is read comes from.
struct KeyPasswordOptions: ParsableArguments {
  @Option(name: .long, help: "Read the key's password from a file's first line (mode 0600).")
  var passwordFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Read the key's password from a file descriptor.", valueName: "descriptor"))
  var passwordFd: Int32?

  func validate() throws {
    guard passwordFile == nil || passwordFd == nil else {
      throw ValidationError("give one of --password-file and --password-fd")
    }
  }

  /// The source, which asks on the terminal where none is given.
  var source: SecretSource {
    SecretSource(passwordFile: passwordFile, passwordDescriptor: passwordFd)
  }
}
