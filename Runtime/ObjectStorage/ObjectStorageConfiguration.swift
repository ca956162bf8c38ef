/// Which object store, and where in it.
package enum ObjectStorageConfiguration: Hashable, Sendable {
    case s3(S3Configuration)
    case azure(AzureConfiguration)
}
