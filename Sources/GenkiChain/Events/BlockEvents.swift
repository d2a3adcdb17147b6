/// What happened in a block.
public struct BlockEvents: Sendable, Hashable {
  /// All events, in their order.
  public let records: [EventRecord]

  /// Reads a value of `System.Events`; nil, an absent value, is no events.
  ///
  /// - Throws: `ScaleError` or `ScaleValueError`.
  public init(decoding bytes: [UInt8]?, metadata: RuntimeMetadata) throws {
    let entry = try metadata.storage("System", "Events")
    guard let value = try metadata.storageValue(of: entry, bytes) else {
      records = []
      return
    }
    records = try value.root.elements().map(EventRecord.init)
  }

  /// The events of one extrinsic, in their order.
  public func records(ofExtrinsic index: UInt32) -> [EventRecord] {
    records.filter { $0.phase == .extrinsic(index) }
  }

  /// How an extrinsic ended; nil if the block has no extrinsic of that index.
  public func outcome(
    ofExtrinsic index: UInt32, metadata: RuntimeMetadata
  ) throws -> DispatchOutcome? {
    for record in records(ofExtrinsic: index) where record.pallet == "System" {
      switch record.name {
      case "ExtrinsicSuccess": return .success
      case "ExtrinsicFailed":
        let root = ScaleLookup(.record(record.fields), path: "System.ExtrinsicFailed")
        // Older runtimes leave the fields unnamed.
        let error = record.fields.first?.name == nil ? root[0] : root["dispatch_error"]
        return .failure(try DispatchFailure(error, metadata: metadata))
      default: continue
      }
    }
    return nil
  }

  /// The fee that an extrinsic's signer paid, in rao, the tip included; nil if it paid none.
  public func fee(ofExtrinsic index: UInt32) throws -> UInt128? {
    let record = records(ofExtrinsic: index).first {
      $0.pallet == "TransactionPayment" && $0.name == "TransactionFeePaid"
    }
    guard let record else { return nil }
    let root = ScaleLookup(.record(record.fields), path: "TransactionFeePaid")
    return try root["actual_fee"].unsigned()
  }
}

/// One event.
public struct EventRecord: Sendable, Hashable {
  /// What a block was doing when something happened.
  public enum Phase: Sendable, Hashable {
    /// It ran the extrinsic with this index.
    case extrinsic(UInt32)
    /// It came to its end.
    case finalization
    /// It began.
    case initialization
  }

  /// What the block was doing.
  public let phase: Phase
  /// The pallet that tells.
  public let pallet: String
  /// The event's name.
  public let name: String
  /// What the event says.
  public let fields: [ScaleField]

  /// The fields for reading by name or place.
  public var content: ScaleLookup {
    ScaleLookup(.record(fields), path: "\(pallet).\(name)")
  }

  init(_ record: ScaleLookup) throws {
    let phase = try record["phase"].variant()
    switch phase.name {
    case "ApplyExtrinsic": self.phase = .extrinsic(try record["phase"][0].unsigned())
    case "Finalization": self.phase = .finalization
    case "Initialization": self.phase = .initialization
    case let other:
      throw ScaleValueError.mismatch(
        path: record["phase"].path, expected: "a phase of a block", found: other)
    }
    pallet = try record["event"].variant().name
    let event = try record["event"][0].variant()
    name = event.name
    fields = event.fields
  }
}
