import ArgumentParser
import ObjectStorage

/// A place that a storage verb names: an object or a prefix in the store (`s3://bucket/key`, or `bucket:key`), or a file or
/// folder of this machine.
enum StoreLocation: Sendable, Equatable, ExpressibleByArgument {
    case store(bucket: String, key: String)
    case file(String)

    /// `s3://bucket/key`, `az://container/blob`, or a path.
    init?(argument: String) {
        for scheme in ["s3://", "az://"] where argument.hasPrefix(scheme) {
            let parts = argument.dropFirst(scheme.count).split(
                separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let bucket = parts.first, !bucket.isEmpty || parts.count == 1 else { return nil }
            self = .store(bucket: String(bucket), key: parts.count > 1 ? String(parts[1]) : "")
            return
        }
        guard !argument.isEmpty else { return nil }
        self = .file(argument)
    }

    /// As it was written.
    var text: String {
        switch self {
        case .store(let bucket, let key): "s3://\(bucket)/\(key)"
        case .file(let path): path
        }
    }
}
