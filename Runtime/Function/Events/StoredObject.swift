public import FoundationEssentials

/// An object of the store that was created or deleted; its content stays in the store.
public struct StoredObject: Sendable, Hashable {
    /// What happened to the object.
    public enum Change: String, Sendable, Hashable, CaseIterable, Codable {
        /// It was written, for the first time or again.
        case created
        /// It was removed.
        case deleted
    }

    /// The id of the event; the same when it is delivered again.
    public let id: String
    /// What happened.
    public let event: Change
    /// When it happened.
    public let time: Date
    /// The dialect of the store: `s3` or `azure`.
    public let store: String
    /// The bucket or container.
    public let bucket: String
    /// The key of the object.
    public let key: String
    /// Its size in bytes; 0 when it was deleted.
    public let size: Int
    /// Its entity tag without quotes.
    public let etag: String
    /// Its media type, where it has one.
    public let contentType: String?
    /// The metadata of its writer, names in lower case and without their prefix (`prompt`).
    public let metadata: [String: String]

    package init(
        id: String, event: Change, time: Date, store: String, bucket: String, key: String, size: Int, etag: String,
        contentType: String?, metadata: [String: String]
    ) {
        self.id = id
        self.event = event
        self.time = time
        self.store = store
        self.bucket = bucket
        self.key = key
        self.size = size
        self.etag = etag
        self.contentType = contentType
        self.metadata = metadata
    }
}

extension StoredObject: Event {
    /// Takes the object event.
    public init(_ delivery: Delivery) async throws {
        guard case .object(let object) = delivery.invocation.event else {
            throw Failure.mismatch(want: "object", delivery.invocation)
        }
        self = object
    }

    /// Object events have one form, which PROTOCOL.md gives.
    public static var schema: Schema { Schema() }
}
