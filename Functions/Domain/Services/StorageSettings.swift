package import FunctionRuntime
package import ObjectStorage

/// Which object store, as the environment says it.
package enum StorageSettings {
    /// The protocols that object stores are spoken to in.
    package enum Provider: String, Sendable, CaseIterable, ParameterValue {
        case s3, azure
    }

    package static let provider = ConfigurationKey<Provider>(
        "STORAGE_PROVIDER", summary: "protocol of the object store: s3 or azure", default: .s3)
    package static let endpoint = ConfigurationKey.address(
        "S3_ENDPOINT", summary: "where the S3 store is reached from functions", default: "https://s3.amazonaws.com")
    package static let publicEndpoint = ConfigurationKey.address(
        "S3_PUBLIC_ENDPOINT", summary: "where browsers reach the S3 store; S3_ENDPOINT unless set",
        want: "https://pictures.example"
    ).optional
    package static let region = ConfigurationKey<String>(
        "S3_REGION", summary: "region that S3 requests are signed for", default: "us-east-1")
    package static let bucket = ConfigurationKey<String>(
        "S3_BUCKET", summary: "bucket of pictures", default: "darkroom")
    package static let accessKey = ConfigurationKey<String>(
        "S3_ACCESS_KEY_ID", summary: "access key of the S3 store"
    ).needed(with: provider, .s3)
    package static let secretKey = ConfigurationKey<String>(
        "S3_SECRET_ACCESS_KEY", summary: "secret of that access key", secret: true
    ).needed(with: provider, .s3)
    package static let connectionString = ConfigurationKey<String>(
        "AZURE_STORAGE_CONNECTION_STRING", summary: "Azure storage account", secret: true
    ).needed(with: provider, .azure)
    package static let container = ConfigurationKey<String>(
        "AZURE_STORAGE_CONTAINER", summary: "container of pictures", default: "darkroom")

    /// The keys a function declares that uses the object store.
    package static let environment: [any ConfigurationKeyProtocol] = [
        provider, endpoint, publicEndpoint, region, bucket, accessKey, secretKey, connectionString, container,
    ]

    /// - Throws: `ConfigurationProblem` for a value that cannot work.
    package static func read(_ configuration: Configuration) throws -> ObjectStorageConfiguration {
        let provider = try configuration[provider]
        do {
            switch provider {
            case .s3:
                return .s3(
                    try S3Configuration(
                        endpoint: try configuration[endpoint], publicEndpoint: try configuration[publicEndpoint],
                        region: try configuration[region], bucket: try configuration[bucket],
                        accessKeyID: try configuration[accessKey] ?? "",
                        secretAccessKey: try configuration[secretKey] ?? ""))
            case .azure:
                return .azure(
                    try AzureConfiguration(
                        connectionString: try configuration[connectionString] ?? "",
                        container: try configuration[container]))
            }
        } catch let error as ObjectStorageError {
            let keys = provider == .s3 ? [endpoint.name, bucket.name] : [connectionString.name, container.name]
            throw ConfigurationProblem(
                name: keys[0], message: "\(keys.joined(separator: " or ")) cannot be used: \(error.message)")
        }
    }
}
