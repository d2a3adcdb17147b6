import GenkiCore

/// What is wrong with a safetensors file.
public enum SafetensorsProblem: Sendable, Equatable {
  /// Fewer than the eight bytes of the header's length.
  case noHeaderLength(fileBytes: Int)
  /// The header's length is above the limit.
  case headerTooLarge(bytes: UInt64, limit: Int)
  /// The header's length points beyond the file.
  case headerBeyondFile(headerBytes: Int, fileBytes: Int)
  /// The header is not JSON, or not of the right form.
  case header(JSONError)
  /// `__metadata__` stands twice.
  case duplicateMetadata
  /// A tensor's entry lacks a field.
  case missingField(tensor: String, field: String)
  /// A tensor's entry has a field twice.
  case duplicateField(tensor: String, field: String)
  /// A field of a tensor's entry has the wrong form.
  case wrongField(tensor: String, field: String)
  /// A type that the format does not know.
  case unknownType(tensor: String, type: String)
  /// The tensors do not lie end to end from the start of the data.
  case invalidOffset(tensor: String, begin: UInt64, end: UInt64, expectedBegin: UInt64)
  /// The size of the shape overflows.
  case overflow(tensor: String)
  /// The tensor does not end at a byte's boundary.
  case misaligned(tensor: String)
  /// Shape and type ask for another number of bytes than the offsets span.
  case sizeMismatch(tensor: String, needed: UInt64, spanned: UInt64)
  /// The tensors do not cover the file exactly.
  case notCovered(dataBytes: Int, tensorBytes: UInt64)
  /// More tensors than the limit.
  case tooManyTensors(limit: Int)
  /// More dimensions than the limit.
  case tooManyDimensions(tensor: String, limit: Int)
  /// A name stands twice where that is not allowed.
  case duplicateName(tensor: String)
}

/// A safetensors file cannot be used.
public enum SafetensorsError: ReportableError, Equatable {
  /// The file breaks the format's rules or the limits.
  case invalid(path: String, SafetensorsProblem)
  /// The file has no tensor of this name.
  case noSuchTensor(path: String, name: String)
  /// The tensor's type is none that Genki computes with.
  case notAWeightType(path: String, name: String, type: TensorType)
  /// Two tensors to be written have one name, or a shape is not usable.
  case cannotWrite(path: String, name: String, reason: String)

  /// The kind of failure.
  public var kind: ErrorKind {
    if case .cannotWrite = self { return .internalError }
    return .invalidData
  }

  /// What failed.
  public var what: String {
    switch self {
    case .invalid(let path, _): "\(path) is not a valid safetensors file"
    case .noSuchTensor(let path, _), .notAWeightType(let path, _, _): "cannot use \(path)"
    case .cannotWrite(let path, _, _): "cannot write \(path)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .invalid(_, let problem): problem.description
    case .noSuchTensor(_, let name): "it holds no tensor \(name.quoted())"
    case .notAWeightType(_, let name, let type):
      "tensor \(name.quoted()) has type \(type.rawValue)"
    case .cannotWrite(_, let name, let reason): "tensor \(name.quoted()): \(reason)"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .invalid: "is it complete, and a safetensors file at all?"
    case .noSuchTensor: nil
    case .notAWeightType: "convert the weights to F32, F16 or BF16"
    case .cannotWrite: nil
    }
  }
}

extension SafetensorsProblem: CustomStringConvertible {
  /// The reason in words.
  public var description: String {
    switch self {
    case .noHeaderLength(let bytes): "only \(bytes) bytes, the header's length alone takes 8"
    case .headerTooLarge(let bytes, let limit):
      "the header claims \(bytes) bytes, more than the limit of \(limit)"
    case .headerBeyondFile(let header, let file):
      "the header claims \(header) bytes, the file has \(file)"
    case .header(let error):
      if case .invalid(_, let offset, _, _, let problem) = error {
        "the header is not as it must be: \(problem.rawValue) (byte \(offset) of the header)"
      } else {
        "the header is not as it must be: \(error.why)"
      }
    case .duplicateMetadata: "__metadata__ stands twice in the header"
    case .missingField(let tensor, let field): "tensor \(tensor.quoted()) has no \(field)"
    case .duplicateField(let tensor, let field): "tensor \(tensor.quoted()) has \(field) twice"
    case .wrongField(let tensor, let field):
      "tensor \(tensor.quoted()) has a malformed \(field)"
    case .unknownType(let tensor, let type):
      "tensor \(tensor.quoted()) has the unknown dtype \(type.quoted(limit: 20))"
    case .invalidOffset(let tensor, let begin, let end, let expected):
      "tensor \(tensor.quoted()) lies at \(begin)..<\(end), it should begin at \(expected)"
    case .overflow(let tensor): "the size of tensor \(tensor.quoted()) overflows"
    case .misaligned(let tensor): "tensor \(tensor.quoted()) ends inside a byte"
    case .sizeMismatch(let tensor, let needed, let spanned):
      "tensor \(tensor.quoted()) needs \(needed) bytes but spans \(spanned)"
    case .notCovered(let data, let tensors):
      "the tensors cover \(tensors) bytes, the file has \(data) after its header"
    case .tooManyTensors(let limit): "more than \(limit) tensors"
    case .tooManyDimensions(let tensor, let limit):
      "tensor \(tensor.quoted()) has more than \(limit) dimensions"
    case .duplicateName(let tensor): "tensor \(tensor.quoted()) stands twice in the header"
    }
  }
}
