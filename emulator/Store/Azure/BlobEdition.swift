/// Which edition of a blob a request is about.
enum BlobEdition: Sendable, Equatable {
    case current
    /// By its time stamp.
    case snapshot(String)
    /// By its name.
    case version(String)

    init(_ request: HTTPRequest) throws(AzureError) {
        let (snapshot, version) = (request.parameter("snapshot"), request.parameter("versionid"))
        if let snapshot, !snapshot.isEmpty {
            if version != nil {
                throw AzureError(
                    400, "MutuallyExclusiveQueryParameters",
                    "A request names a snapshot or a version, not both.")
            }
            guard HTTPDate.parseISO8601(snapshot) != nil else { throw .invalidQuery("snapshot", snapshot) }
            self = .snapshot(snapshot)
        } else if let version, !version.isEmpty {
            self = .version(version)
        } else {
            self = .current
        }
    }

    func find(_ reading: some StoreReading, _ bucket: Int64, _ blob: String) throws -> ObjectRecord? {
        switch self {
        case .current: try reading.object(bucket, blob)
        case .snapshot(let name): try reading.snapshot(bucket, blob, named: name)
        case .version(let name): try reading.version(bucket, blob, named: name)
        }
    }
}
