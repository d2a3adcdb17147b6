import Foundation
import GenkiCore
import GenkiHTTP
import GenkiNode
import GenkiService
import TestSupport
import Testing

/// Where the hub's token is found, in which order, and what is refused.
@Suite("The hub's token")
struct HubTokenOpenerTests {
  private let folder: TemporaryFolder
  /// Every source with a token of its own, the first one first.
  private let sources: [(token: String, source: String)]
  private let environment: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("hf_credential\n", to: "credentials/hub-token")
    try folder.write("hf_path\n", to: "path")
    try folder.write("hf_home\n", to: "home/token")
    try Self.close([folder.file("credentials/hub-token"), folder.file("path")])
    try Self.close([folder.file("home/token")])
    environment = [
      "CREDENTIALS_DIRECTORY": folder.file("credentials"), "HF_TOKEN": "hf_variable",
      "HUGGING_FACE_HUB_TOKEN": "hf_older", "HF_TOKEN_PATH": folder.file("path"),
      "HF_HOME": folder.file("home"),
    ]
    sources = [
      ("hf_credential", "the credential hub-token"), ("hf_variable", "$HF_TOKEN"),
      ("hf_older", "$HUGGING_FACE_HUB_TOKEN"), ("hf_path", folder.file("path")),
      ("hf_home", folder.file("home/token")),
    ]
  }

  private static func close(_ paths: [String]) throws {
    for path in paths {
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
  }

  private func section(_ tokenFile: String? = nil) -> HubSection {
    var hub = MinerConfiguration(defaults: DefaultPaths(role: .miner, environment: [:])).hub
    hub.tokenFile = tokenFile
    return hub
  }

  private func open(
    _ environment: [String: String], tokenFile: String? = nil
  ) throws -> HubToken? {
    try HubTokenOpener(section(tokenFile), environment: environment).open()
  }

  /// A file of this text and mode that the configuration names.
  private func setting(_ bytes: some Sequence<UInt8>, mode: Int = 0o600) throws -> String {
    let path = try folder.write(bytes, to: "setting")
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  /// What is thrown; it never holds the token.
  private func refusal(
    _ environment: [String: String], tokenFile: String? = nil, secret: String = "hf_"
  ) throws -> SecretError {
    do {
      _ = try open(environment, tokenFile: tokenFile)
    } catch let error as SecretError {
      let text = "\(error.description) \(error) \(String(reflecting: error))"
        .replacing(folder.path, with: "")
      #expect(!text.contains(secret), "\(text)")
      return error
    }
    Issue.record("nothing was thrown")
    throw SecretError.cancelled
  }

  @Test func theSettingComesFirst() throws {
    let path = try setting("hf_setting\n".utf8)
    let found = try #require(try open(environment, tokenFile: path))
    #expect(found.authorization == .bearer("hf_setting"))
    #expect(found.source == .setting(path: path))
    #expect("\(found.source)" == "\(path) (hub.token_file)")
  }

  @Test func theOthersFollowInTheirOrder() throws {
    let names = [
      ["CREDENTIALS_DIRECTORY"], ["HF_TOKEN"], ["HUGGING_FACE_HUB_TOKEN"], ["HF_TOKEN_PATH"],
      ["HF_HOME"],
    ]
    var left = environment
    for (index, source) in sources.enumerated() {
      let found = try #require(try open(left))
      #expect(found.authorization == .bearer(source.token))
      #expect("\(found.source)" == source.source)
      for name in names[index] { left[name] = nil }
    }
    #expect(try open(left) == nil)
    #expect(try open([:]) == nil)
  }

  @Test func aVariableWithoutAValueIsNone() throws {
    var environment = environment
    environment["CREDENTIALS_DIRECTORY"] = ""
    environment["HF_TOKEN"] = ""
    #expect(try open(environment)?.source == .variable("HUGGING_FACE_HUB_TOKEN"))
  }

  @Test func aFolderOfCredentialsWithoutOursIsPassedBy() throws {
    try FileManager.default.removeItem(atPath: folder.file("credentials/hub-token"))
    #expect(try open(environment)?.source == .variable("HF_TOKEN"))
  }

  @Test func theHomeFolderIsTheLastPlace() throws {
    try folder.write("hf_cache", to: "cache/huggingface/token")
    try folder.write("hf_own", to: "own/.cache/huggingface/token")
    let home = ["HOME": folder.file("own")]
    #expect(try open(home)?.authorization == .bearer("hf_own"))
    let cache = home.merging(["XDG_CACHE_HOME": folder.file("cache")]) { $1 }
    #expect(try open(cache)?.authorization == .bearer("hf_cache"))
    let named = cache.merging(["HF_HOME": folder.file("home")]) { $1 }
    #expect(try open(named)?.authorization == .bearer("hf_home"))
    // A home without a token says nothing, wherever else one might be.
    #expect(try open(cache.merging(["HF_HOME": folder.file("none")]) { $1 }) == nil)
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o601])
  func aSettingThatOthersCanReadIsRefused(mode: Int) throws {
    let path = try setting("hf_setting".utf8, mode: mode)
    let error = try refusal(environment, tokenFile: path)
    #expect(error == .exposed(path: path, mode: UInt32(0o100000 | mode)))
    #expect(error.description.contains("chmod 600 '\(path)'"))
    #expect(error.kind == .notPermitted)
  }

  @Test func aCredentialMayHaveAnAccessListButNotBeOpenToAll() throws {
    let path = folder.file("credentials/hub-token")
    let manager = FileManager.default
    try manager.setAttributes([.posixPermissions: 0o440], ofItemAtPath: path)
    #expect(try open(environment)?.source == .credential)
    // The setting may name a credential, too.
    #expect(try open(environment, tokenFile: path)?.source == .setting(path: path))
    try manager.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    #expect(try refusal(environment).kind == .notPermitted)
  }

  @Test func aFileOfPythonsClientIsTakenAndItsModeTold() throws {
    let path = folder.file("home/token")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let found = try #require(try open(["HF_HOME": folder.file("home")]))
    #expect(found.exposedMode == 0o644)
    try Self.close([path])
    #expect(try open(["HF_HOME": folder.file("home")])?.exposedMode == nil)
  }

  @Test(arguments: ["hf_x", "hf_x\n", " hf_x \n", "\thf_x\t", "hf_x\r\n", "hf_x\nsecond line\n"])
  func whiteSpaceAndLineEndsAreNoPartOfIt(text: String) throws {
    let path = try setting(text.utf8)
    #expect(try open([:], tokenFile: path)?.authorization == .bearer("hf_x"))
  }

  @Test func whiteSpaceInAVariableIsNoPartOfIt() throws {
    #expect(try open(["HF_TOKEN": " hf_x\n"])?.authorization == .bearer("hf_x"))
  }

  @Test(arguments: ["", "\n", "   ", " \t \r\n", "\nhf_late\n"])
  func anEmptyFirstLineIsNoToken(text: String) throws {
    let path = try setting(text.utf8)
    let error = try refusal(environment, tokenFile: path)
    #expect(error.why == "it is empty")
    #expect(error.what.contains("hub.token_file"))
  }

  @Test func aVariableOfBlanksIsNoToken() throws {
    #expect(try refusal(["HF_TOKEN": "  \n"]).why == "it is empty")
  }

  @Test(arguments: [
    Array("hf_two words".utf8), Array("hf_\u{e9}".utf8), [0x68, 0x66, 0x5F, 0x00, 0x41],
    [0x68, 0x66, 0x5F, 0xFF, 0xFE], [0x68, 0x66, 0x5F, 0x1B, 0x41], [0x68, 0x66, 0x5F, 0x7F],
    Array("hf_a\rX-Injected: 1".utf8),
  ])
  func whatCannotBeInAHeaderIsRefused(bytes: [UInt8]) throws {
    let error = try refusal([:], tokenFile: try setting(bytes))
    #expect(error.why == "a token is one word of printable ASCII characters")
    #expect(error.kind == .invalidData)
  }

  @Test func aTokenHasAtMost4096Bytes() throws {
    let longest = String(repeating: "x", count: 4096)
    for end in ["", "\n", "\r\n"] {
      let path = try setting((longest + end).utf8)
      #expect(try open([:], tokenFile: path)?.authorization == .bearer(longest))
    }
    let path = try setting((longest + "x\n").utf8)
    #expect(try refusal([:], tokenFile: path, secret: "xxx").why.contains("4096"))
    #expect(try open(["HF_TOKEN": longest])?.authorization == .bearer(longest))
    #expect(try refusal(["HF_TOKEN": longest + "x"], secret: "xxx").why.contains("4096"))
  }

  @Test func whatIsNamedAndNotThereIsAnErrorAndNotPassedBy() throws {
    let gone = folder.file("gone")
    #expect(try refusal(environment, tokenFile: gone) == .missing(path: gone))
    #expect(try refusal(["HF_TOKEN_PATH": gone]) == .missing(path: gone))
    let below = folder.file("path/below")
    #expect(try refusal(environment, tokenFile: below) == .missing(path: below))
  }

  @Test func onlyARegularFileIsRead() throws {
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    // A start does not wait for somebody who writes.
    for path in [pipe, folder.path, "/dev/zero"] {
      guard case .unreadable(path, _) = try refusal(environment, tokenFile: path) else {
        Issue.record("\(path)")
        continue
      }
    }
  }

  @Test func printingATokenShowsItsSourceOnly() throws {
    let found = try #require(try open(["HF_TOKEN": "hf_printed"]))
    var dumped = ""
    dump(found, to: &dumped)
    for text in ["\(found)", String(reflecting: found), dumped] {
      #expect(!text.contains("hf_printed"), "\(text)")
    }
  }
}
