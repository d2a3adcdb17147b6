import Foundation
import GenkiCore

/// Repositories, contents and requests of a stand-in hub.
struct StandInHubState: Sendable {
  struct File: Sendable, Equatable {
    var content: ContentDigest
    var bytes: Int
    var isLarge: Bool
    /// What a listing says instead, where a hub lies.
    var statedBytes: Int?
  }

  struct Commit: Sendable {
    var parent: String?
    var files: [String: File]
  }

  struct Repository: Sendable {
    var isPrivate: Bool
    var head: String
    var commits: [String: Commit]
    var isGated = false
    var isDisabled = false
  }

  /// Stands in a storage's address before the repository that it is for.
  static let repositoryMark = "&repository="

  let tokens: [String: String]
  /// What the tokens of users may do, where that is not `write`.
  let roles: [String: String]
  let partBytes: Int
  let pageSize: Int
  var repositories: [String: Repository] = [:]
  var contents: [ContentDigest: [UInt8]] = [:]
  var parts: [String: [Int: [UInt8]]] = [:]
  private(set) var requests: [StandInHub.Request] = []
  /// Bytes of answers, for each repository.
  var bytesSent: [String: Int] = [:]
  private var serial = 0

  init(tokens: [String: String], roles: [String: String], partBytes: Int, pageSize: Int) {
    self.tokens = tokens
    self.roles = roles
    self.partBytes = partBytes
    self.pageSize = pageSize
  }

  mutating func note(_ request: StandInHub.Request) {
    var short = request
    // Contents would fill the memory.
    if short.body.count > 64 << 10 { short.body = Array(short.body.prefix(64)) }
    requests.append(short)
  }

  mutating func store(_ bytes: [UInt8]) -> ContentDigest {
    let digest = SHA256Hasher.digest(of: bytes)
    contents[digest] = bytes
    return digest
  }

  mutating func commit(_ files: [String: File], to id: String) -> String {
    serial += 1
    let name = SHA256Hasher.digest(of: "\(id) \(serial)".utf8).hex.prefix(40)
    let parent = repositories[id]?.head
    repositories[id]?.commits[String(name)] = Commit(parent: parent, files: files)
    repositories[id]?.head = String(name)
    return String(name)
  }

  mutating func create(_ id: String, isPrivate: Bool) {
    repositories[id] = Repository(isPrivate: isPrivate, head: "", commits: [:])
    let attributes = Array("*.safetensors filter=lfs\n".utf8)
    let digest = store(attributes)
    _ = commit(
      [".gitattributes": File(content: digest, bytes: attributes.count, isLarge: false)], to: id)
  }

  /// The git name of a content.
  func gitBlob(_ digest: ContentDigest) -> String {
    let content = contents[digest] ?? []
    var hasher = SHA1Hasher()
    Array("blob \(content.count)\0".utf8).withUnsafeBytes { hasher.update($0) }
    content.withUnsafeBytes { hasher.update($0) }
    return hasher.finish().map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}

extension StandInHub {
  /// Puts a public repository there as it is; gives the commit.
  @discardableResult
  package func put(
    _ id: String, files: [String: [UInt8]], isPrivate: Bool = false, isGated: Bool = false
  ) -> String {
    state.withLock { state in
      if state.repositories[id] == nil { state.create(id, isPrivate: isPrivate) }
      state.repositories[id]?.isPrivate = isPrivate
      state.repositories[id]?.isGated = isGated
      let listed = files.mapValues { bytes in
        StandInHubState.File(
          content: state.store(bytes), bytes: bytes.count, isLarge: bytes.count > 1_000)
      }
      return state.commit(listed, to: id)
    }
  }

  /// Makes a listing say something else of a file's size than is true.
  package func state(_ bytes: Int, of name: String, in id: String) {
    state.withLock { state in
      guard let head = state.repositories[id]?.head else { return }
      state.repositories[id]?.commits[head]?.files[name]?.statedBytes = bytes
    }
  }

  /// Hides a repository from all but its owner, or shows its listing only.
  package func hide(_ id: String, isGated: Bool = false) {
    state.withLock { state in
      state.repositories[id]?.isPrivate = !isGated
      state.repositories[id]?.isGated = isGated
    }
  }

  /// Removes a repository, or takes it down.
  package func vanish(_ id: String, isTakenDown: Bool = false) {
    state.withLock { state in
      if isTakenDown {
        state.repositories[id]?.isDisabled = true
      } else {
        state.repositories[id] = nil
      }
    }
  }

  /// Bytes of all answers about a repository.
  package func bytesSent(of id: String) -> Int { state.withLock { $0.bytesSent[id] ?? 0 } }

  /// Commits of a repository besides the one that the hub itself makes; nil if it is not there.
  package func commits(of id: String) -> Int? {
    state.withLock { $0.repositories[id].map { $0.commits.count - 1 } }
  }

  /// Whether only its owner sees it; nil if it is not there.
  package func isPrivate(_ id: String) -> Bool? {
    state.withLock { $0.repositories[id]?.isPrivate }
  }

  /// The content of a file of the newest commit.
  package func content(of name: String, in id: String) -> [UInt8]? {
    state.withLock { state in
      state.repositories[id].flatMap { $0.commits[$0.head]?.files[name] }
        .flatMap { state.contents[$0.content] }
    }
  }
}
