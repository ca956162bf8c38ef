import ArgumentParser

/// The dialect in which functions speak to the object store.
enum StorageDialect: String, ExpressibleByArgument, CaseIterable, Sendable {
    case s3, azure
}
