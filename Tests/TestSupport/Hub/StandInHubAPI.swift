import Foundation
import GenkiCore

/// What the API's host answers.
extension StandInHubState {
  mutating func api(
    _ request: StandInHub.Request, storage: String, api: String
  ) -> StandInAnswer {
    let parts = request.path.split(separator: "/").map(String.init)
    let user = self.user(request)
    if request.headers["authorization"] != nil, user == nil {
      return .error(401, "Invalid credentials in Authorization header")
    }
    switch (request.method, parts.first, parts.count) {
    case ("GET", "api", 2) where parts[1] == "whoami-v2":
      guard let user else { return .error(401, "Invalid username or password.") }
      return .json([
        "name": .string(user), "type": "user", "orgs": [],
        "auth": ["accessToken": ["role": .string(roles[user] ?? "write")]],
      ])
    case ("POST", "api", 3) where parts[1] == "repos":
      guard let user, let body = json(request), let name = body["name"]?.stringValue else {
        return .error(401, "Invalid username or password.")
      }
      let namespace = body["organization"]?.stringValue ?? user
      guard namespace == user else { return .error(403, "You don't have the rights") }
      let id = "\(namespace)/\(name)"
      guard repositories[id] == nil else { return .error(409, "You already created this repo") }
      create(id, isPrivate: body["private"]?.boolValue ?? false)
      return .json(["url": .string("\(api)/\(id)")])
    case ("DELETE", "api", 3) where parts[1] == "repos":
      guard let body = json(request), let name = body["name"]?.stringValue,
        let id = body["organization"]?.stringValue.map({ "\($0)/\(name)" }),
        repositories[id] != nil, id.hasPrefix("\(user ?? "?")/")
      else { return .error(404, "Repository not found", code: "RepoNotFound") }
      repositories[id] = nil
      return .json(["ok": true])
    case (_, "api", 4...) where parts[1] == "models":
      return repository(
        request, id: "\(parts[2])/\(parts[3])", Array(parts.dropFirst(4)), user, api)
    case ("POST", _, 6) where parts[2] == "info" && parts[1].hasSuffix(".git"):
      return batch(request, id: "\(parts[0])/\(parts[1].dropLast(4))", user, storage, api)
    case ("POST", "complete", 2): return complete(parts[1], request)
    case ("POST", "verify", 2):
      let digest = ContentDigest(hex: parts[1])
      let size = json(request)?["size"]?.intValue
      return digest.flatMap { contents[$0]?.count } == size
        ? .json(["ok": true]) : .error(404, "Object not found")
    case (_, _, 5...) where parts[2] == "resolve":
      return resolve(
        id: "\(parts[0])/\(parts[1])", revision: parts[3], name: parts[4...].joined(separator: "/"),
        request, user, storage)
    default: return .error(404, "Not found")
    }
  }

  private func user(_ request: StandInHub.Request) -> String? {
    request.headers["authorization"].flatMap { tokens[String($0.dropFirst("Bearer ".count))] }
  }

  private func json(_ request: StandInHub.Request) -> JSONValue? {
    try? JSONValue.parse(request.body, source: "request")
  }

  /// What keeps a user from a repository; nil for nothing.
  private func refusal(_ id: String, _ user: String?, writes: Bool) -> StandInAnswer? {
    guard let found = repositories[id], !found.isPrivate || id.hasPrefix("\(user ?? "?")/") else {
      return user == nil
        ? .error(401, "Invalid username or password.", code: "RepoNotFound")
        : .error(404, "Repository not found", code: "RepoNotFound")
    }
    if found.isDisabled { return .error(403, "Access to this resource is disabled.") }
    if writes, !id.hasPrefix("\(user ?? "?")/") { return .error(403, "no rights to write") }
    return nil
  }

  private mutating func repository(
    _ request: StandInHub.Request, id: String, _ rest: [String], _ user: String?, _ api: String
  ) -> StandInAnswer {
    let writes = request.method != "GET"
    if let refusal = refusal(id, user, writes: writes) { return refusal }
    guard let found = repositories[id] else { return .error(404, "gone") }
    switch (request.method, rest.first, rest.count) {
    case ("GET", nil, _):
      return .json([
        "id": .string(id), "sha": .string(found.head), "private": .bool(found.isPrivate),
      ])
    case ("GET", "tree", 2):
      guard let commit = found.commits[rest[1]] else {
        return .error(404, "Invalid rev id", code: "RevisionNotFound")
      }
      return tree(commit, request, api)
    case ("PUT", "settings", 1):
      let wanted = json(request)?["private"]?.boolValue ?? found.isPrivate
      repositories[id]?.isPrivate = wanted
      return .json(["ok": true])
    case ("POST", "preupload", 2):
      let files = json(request)?["files"]?.arrayValue ?? []
      return .json([
        "files": .array(
          files.map { file in
            let name = file["path"]?.stringValue ?? ""
            let isLarge = name.hasSuffix(".safetensors") || (file["size"]?.intValue ?? 0) > 10 << 20
            return [
              "path": .string(name), "uploadMode": .string(isLarge ? "lfs" : "regular"),
              "shouldIgnore": false,
            ]
          })
      ])
    case ("POST", "commit", 2): return commit(request, to: id, found)
    default: return .error(404, "Not found")
    }
  }

  private func tree(
    _ commit: Commit, _ request: StandInHub.Request, _ api: String
  ) -> StandInAnswer {
    let start = request.target.components(separatedBy: "cursor=").last.flatMap(Int.init) ?? 0
    let names = commit.files.keys.sorted()
    let items = names.dropFirst(start).prefix(pageSize).compactMap { name -> JSONValue? in
      guard let file = commit.files[name] else { return nil }
      let bytes = JSONValue(file.statedBytes ?? file.bytes)
      var entries: [JSONObject.Entry] = [
        ("type", "file"), ("path", .string(name)), ("size", bytes),
        ("oid", .string(gitBlob(file.content))),
      ]
      if file.isLarge {
        entries.append(("lfs", ["oid": .string(file.content.hex), "size": bytes]))
      }
      return .object(JSONObject(entries: entries))
    }
    let path = request.target.components(separatedBy: "&cursor").first ?? ""
    let link = "Link: <\(api)\(path)&cursor=\(start + pageSize)>; rel=\"next\""
    return .json(.array(items), headers: start + pageSize < names.count ? [link] : [])
  }

  private mutating func commit(
    _ request: StandInHub.Request, to id: String, _ found: Repository
  ) -> StandInAnswer {
    var files = found.commits[found.head]?.files ?? [:]
    for line in request.body.split(separator: UInt8(ascii: "\n")) {
      guard let json = try? JSONValue.parse(Array(line), source: "line"),
        let key = json["key"]?.stringValue, let value = json["value"]
      else { return .error(400, "Invalid NDJSON") }
      let path = value["path"]?.stringValue ?? ""
      switch key {
      case "header":
        let parent = value["parentCommit"]?.stringValue
        guard parent == nil || parent == found.head else {
          return .error(412, "A commit has happened since.")
        }
      case "file":
        let content = Data(base64Encoded: value["content"]?.stringValue ?? "").map(Array.init) ?? []
        files[path] = File(content: store(content), bytes: content.count, isLarge: false)
      case "lfsFile":
        guard let digest = value["oid"]?.stringValue.flatMap({ ContentDigest(hex: $0) }),
          let content = contents[digest], content.count == value["size"]?.intValue
        else { return .error(400, "LFS pointer pointed to a file that does not exist") }
        files[path] = File(content: digest, bytes: content.count, isLarge: true)
      case "deletedFile": files[path] = nil
      default: return .error(400, "Unknown key")
      }
    }
    return .json(["success": true, "commitOid": .string(commit(files, to: id))])
  }

  // MARK: Large files

  private func batch(
    _ request: StandInHub.Request, id: String, _ user: String?, _ storage: String, _ api: String
  ) -> StandInAnswer {
    if let refusal = refusal(id, user, writes: true) { return refusal }
    let objects = json(request)?["objects"]?.arrayValue ?? []
    return .json([
      "transfer": "basic",
      "objects": .array(
        objects.map { object in
          let oid = object["oid"]?.stringValue ?? ""
          let size = object["size"]?.intValue ?? 0
          if let digest = ContentDigest(hex: oid), contents[digest] != nil {
            return ["oid": .string(oid), "size": JSONValue(size)]
          }
          let verify: JSONValue = ["href": .string("\(api)/verify/\(oid)"), "header": [:]]
          guard partBytes > 0, size > partBytes else {
            return [
              "oid": .string(oid), "size": JSONValue(size),
              "actions": [
                "upload": [
                  "href": .string("\(storage)/put/\(oid)\(StandInHub.signed)"), "header": [:],
                ],
                "verify": verify,
              ],
            ]
          }
          var header: [JSONObject.Entry] = [("chunk_size", .string("\(partBytes)"))]
          for number in 1...((size - 1) / partBytes + 1) {
            header.append(
              ("\(number)", .string("\(storage)/part/\(oid)/\(number)\(StandInHub.signed)")))
          }
          return [
            "oid": .string(oid), "size": JSONValue(size),
            "actions": [
              "upload": [
                "href": .string("\(api)/complete/\(oid)"),
                "header": .object(JSONObject(entries: header)),
              ], "verify": verify,
            ],
          ]
        }),
    ])
  }

  private mutating func complete(_ oid: String, _ request: StandInHub.Request) -> StandInAnswer {
    let wanted =
      json(request)?["parts"]?.arrayValue?.compactMap { $0["partNumber"]?.intValue } ?? []
    let stored = parts[oid] ?? [:]
    guard !wanted.isEmpty, wanted == stored.keys.sorted() else {
      return .error(400, "One or more parts could not be found")
    }
    let content = wanted.flatMap { stored[$0] ?? [] }
    guard SHA256Hasher.digest(of: content).hex == oid else { return .error(400, "sha256 differs") }
    _ = store(content)
    parts[oid] = nil
    return .json(["ok": true])
  }

  private func resolve(
    id: String, revision: String, name: String, _ request: StandInHub.Request, _ user: String?,
    _ storage: String
  ) -> StandInAnswer {
    if let refusal = refusal(id, user, writes: false) { return refusal }
    guard let found = repositories[id] else { return .error(404, "gone") }
    if found.isGated, !id.hasPrefix("\(user ?? "?")/") {
      return .error(403, "Access to model \(id) is restricted.", code: "GatedRepo")
    }
    guard let file = found.commits[revision]?.files[name] else {
      return .error(404, "Entry not found", code: "EntryNotFound")
    }
    guard !file.isLarge else {
      return StandInAnswer(
        status: 302,
        headers: [
          "Location: \(storage)/get/\(file.content.hex)\(StandInHub.signed)\(Self.repositoryMark)\(id)"
        ])
    }
    return bytes(file.content, request, ignoresRange: false)
  }

  /// What the storage's host answers.
  mutating func storage(_ request: StandInHub.Request, ignoresRange: Bool) -> StandInAnswer {
    guard request.headers["authorization"] == nil else {
      return .error(400, "Only one auth mechanism allowed")
    }
    let parts = request.path.split(separator: "/").map(String.init)
    switch (request.method, parts.first, parts.count) {
    case ("PUT", "put", 2):
      guard SHA256Hasher.digest(of: request.body).hex == parts[1] else {
        return .error(400, "content differs")
      }
      _ = store(request.body)
      return StandInAnswer(headers: ["ETag: \"whole\""])
    case ("PUT", "part", 3):
      let number = Int(parts[2]) ?? 0
      self.parts[parts[1], default: [:]][number] = request.body
      return StandInAnswer(headers: ["ETag: \"part-\(number)\""])
    case ("GET", "get", 2):
      guard let digest = ContentDigest(hex: parts[1]) else { return .error(404, "no key") }
      return bytes(digest, request, ignoresRange: ignoresRange)
    default: return .error(404, "no key")
    }
  }

  private func bytes(
    _ digest: ContentDigest, _ request: StandInHub.Request, ignoresRange: Bool
  ) -> StandInAnswer {
    let content = contents[digest] ?? []
    let tag = "ETag: \"\(digest.hex)\""
    guard !ignoresRange, let range = request.headers["range"],
      let start = Int(range.dropFirst("bytes=".count).prefix { $0 != "-" })
    else { return StandInAnswer(headers: [tag], body: content) }
    guard start < content.count else {
      return StandInAnswer(status: 416, headers: ["Content-Range: bytes */\(content.count)"])
    }
    return StandInAnswer(
      status: 206,
      headers: [tag, "Content-Range: bytes \(start)-\(content.count - 1)/\(content.count)"],
      body: Array(content[start...]))
  }
}
