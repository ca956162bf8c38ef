/// A bucket of the S3 dialect; the same thing is a container of the Azure dialect.
struct BucketRecord: Sendable {
    var id: Int64
    /// Empty for what both dialects share; the name of an Azure account that is not the default one otherwise.
    var account: String
    var name: String
    /// User id of whoever made it.
    var owner: String
    /// Milliseconds since 1970.
    var created: Int64
    /// Milliseconds since 1970; Azure's `Last-Modified` of a container.
    var modified: Int64
    /// Changes with every change that Azure's ETag shows.
    var revision: Int64
    var fields: FieldList
}
