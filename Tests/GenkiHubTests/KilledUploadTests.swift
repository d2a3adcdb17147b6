import Foundation
import GenkiCore
import GenkiHub
import Glibc
import TestSupport
import Testing

/// What an upload leaves that ends between two changes on disk, and two uploads at a time.
@Suite struct KilledUploadTests {
  /// The disk as a process killed at each step leaves it: a copy of the hub made at the step.
  @Test func anUploadKilledAtAnyStepLeavesTheOldHeadOrTheNewOne() throws {
    let fixture = try HubFixture()
    let old = try fixture.publish(["a": "1"])
    let steps = Shared<[HubStep]>([])
    let folder = fixture.folder
    let hub = try fixture.hub { step in
      let number = steps.change { all in
        all.append(step)
        return all.count - 1
      }
      try FileManager.default.copyItem(
        atPath: folder.file("hub"), toPath: folder.file("killed-\(number)"))
    }
    let files = try fixture.files(["a": "1", "b": String(repeating: "x", count: 3 << 20)])
    let new = try hub.upload(files, to: fixture.repository) { _ in }
    #expect(
      steps.value == [
        .staged, .written(bytes: 1 << 20), .written(bytes: 2 << 20), .written(bytes: 3 << 20),
        .synced, .named, .locked, .recorded, .headMoved,
      ])
    for (number, step) in steps.value.enumerated() {
      let name = "killed-\(number)"
      let left = try fixture.hub(at: name)
      let head = try left.head(of: fixture.repository)
      #expect(head == (step == .headMoved ? new : old), "\(step)")
      #expect(try fixture.contents(of: old, from: left) == ["a": "1"])
      // What a writer killed between write and rename of a small file leaves.
      let repository = "\(name)/repositories/\(fixture.repository)"
      for place in ["", "commits/"] {
        try folder.write("half", to: "\(repository)/\(place).head.1x.tmp")
      }
      #expect(try left.upload(files, to: fixture.repository) { _ in } == new)
      #expect(try left.head(of: fixture.repository) == new)
      #expect(try fixture.contents(of: new, from: left).count == 2)
      let rest = try FileManager.default.subpathsOfDirectory(atPath: folder.file(name))
      #expect(rest.filter { $0.hasSuffix(".tmp") || $0.hasSuffix(".partial") } == [])
    }
  }

  @Test(arguments: [
    HubStep.staged, .written(bytes: 1), .synced, .named, .locked, .recorded, .headMoved,
  ])
  func aFullDiskIsSaidAndLeavesTheOldHead(step: HubStep) throws {
    let fixture = try HubFixture()
    let old = try fixture.publish(["a": "1"])
    for (code, isFull) in [(ENOSPC, true), (EDQUOT, true), (EIO, false)] {
      let files = try fixture.files(["a": "\(code % 10)"])
      let hub = try fixture.hub { now in
        if now == step { throw FileError.cannotWrite(path: "disk", code: code) }
      }
      let error = hubError { _ = try hub.upload(files, to: fixture.repository) { _ in } }
      #expect(
        error
          == (isFull
            ? .noSpace(path: "disk", needed: 1)
            : .unreachable(source: "disk", reason: String(cString: strerror(EIO)))))
      #expect(error?.isTransient == true)
      if step != .headMoved { #expect(try hub.head(of: fixture.repository) == old) }
    }
    let staging = fixture.folder.file("hub/partial")
    #expect(try FileManager.default.contentsOfDirectory(atPath: staging) == [])
    let good = try fixture.hub()
    let files = try fixture.files(["a": "9"])
    let new = try good.upload(files, to: fixture.repository) { _ in }
    #expect(try good.head(of: fixture.repository) == new)
  }

  @Test func anUploadThatWillNotFitIsNotBegun() throws {
    let fixture = try HubFixture()
    try fixture.publish(["a": "1"])
    let full = try fixture.hub(availableBytes: DiskSpace.headroomBytes + 1)
    let files = try fixture.files(["a": "22"])
    #expect(throws: HubError.noSpace(path: full.path, needed: 2)) {
      try full.upload(files, to: fixture.repository) { _ in }
    }
    let fits = try fixture.files(["a": "2"])
    #expect(hubError { _ = try full.upload(fits, to: fixture.repository) { _ in } } == nil)
    // What is there already needs no room.
    let none = try fixture.hub(availableBytes: 0)
    #expect(hubError { _ = try none.upload(fits, to: fixture.repository) { _ in } } == nil)
  }

  @Test func aFileThatChangesWhileItIsUploadedIsRefused() throws {
    let fixture = try HubFixture()
    let old = try fixture.publish(["a": "1"])
    let path = try fixture.folder.write("before", to: "file")
    let hub = try fixture.hub { step in
      if step == .staged { try Data("after!".utf8).write(to: URL(filePath: path)) }
      if step == .synced { throw Unexpected(what: "published") }
    }
    // The open descriptor still reads the replaced file; a file changed in place is told.
    let handle = try #require(FileHandle(forWritingAtPath: path))
    let inPlace = try fixture.hub { step in
      if step == .staged { handle.write(Data("after!".utf8)) }
    }
    let error = hubError {
      _ = try inPlace.upload(
        [HubFile(name: "a", path: path)], to: fixture.repository, progress: { _ in })
    }
    guard case .invalid = error else { throw Unexpected(what: "\(String(describing: error))") }
    #expect(throws: Unexpected.self) {
      try hub.upload(
        [HubFile(name: "a", path: path)], to: fixture.repository, progress: { _ in })
    }
    #expect(try hub.head(of: fixture.repository) == old)
  }

  @Test func aCorruptBlobIsHealedByItsNextUpload() throws {
    let fixture = try HubFixture()
    let revision = try fixture.publish(["a": "good"])
    try fixture.overwrite(fixture.blob("good"), with: "evil")
    let hub = try fixture.hub()
    #expect(throws: HubError.contentDiffers(repository: "alice/model-r1", name: "a")) {
      _ = try fixture.contents(of: revision, from: hub)
    }
    try fixture.publish(["a": "good"])
    #expect(try fixture.contents(of: revision, from: hub) == ["a": "good"])
  }

  /// flock and the file system tell threads with descriptors of their own apart like processes.
  @Test func twoWritersAndAReaderDoNotDisturbEachOther() async throws {
    let fixture = try HubFixture()
    let first = try fixture.publish(["shared": "0"])
    let revisions = Shared<[Revision]>([first])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<2 {
        group.addTask {
          let hub = try fixture.hub()
          for number in 0..<12 {
            let files = try fixture.files([
              "shared": "both \(number)", "own": "\(writer) \(number)",
            ])
            let revision = try hub.upload(files, to: fixture.repository) { _ in }
            revisions.change { $0.append(revision) }
          }
        }
      }
      group.addTask {
        let hub = try fixture.hub("bob")
        for _ in 0..<40 {
          let head = try #require(try hub.head(of: fixture.repository))
          #expect(try fixture.contents(of: head, from: hub)["shared"] != nil)
        }
      }
      try await group.waitForAll()
    }
    let hub = try fixture.hub()
    #expect(Set(revisions.value).count == 25)
    for revision in revisions.value {
      #expect(try !hub.list(fixture.repository, revision: revision).isEmpty)
    }
    let head = try #require(try hub.head(of: fixture.repository))
    #expect(revisions.value.contains(head))
    let staging = fixture.folder.file("hub/partial")
    #expect(try FileManager.default.contentsOfDirectory(atPath: staging) == [])
  }

  @Test func theFirstOfTwoCreatorsDecidesTheVisibility() async throws {
    let fixture = try HubFixture()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for visibility in [RepositoryVisibility.private, .public] {
        group.addTask {
          try fixture.hub().createRepository(fixture.repository, visibility: visibility)
        }
      }
      try await group.waitForAll()
    }
    let text = try TextFile.readString(fixture.stored("visibility"), sizeLimit: 64)
    #expect(["private\n", "public\n"].contains(text))
    try fixture.hub().createRepository(fixture.repository, visibility: .public)
    #expect(try TextFile.readString(fixture.stored("visibility"), sizeLimit: 64) == text)
  }
}
