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
    package static let endpoint = ConfigurationKey<String>(
        "S3_ENDPOINT", summary: "where the S3 store is reached from functions", default: "https://s3.amazonaws.com")
    package static let publicEndpoint = ConfigurationKey<String>(
        "S3_PUBLIC_ENDPOINT", summary: "where browsers reach the S3 store; S3_ENDPOINT unless set"
    ).optional
    package static let region = ConfigurationKey<String>(
        "S3_REGION", summary: "region that S3 requests are signed for", default: "us-east-1")
    package static let bucket = ConfigurationKey<String>(
        "S3_BUCKET", summary: "bucket of pictures", default: "darkroom")
    package static let accessKey = ConfigurationKey<String>(
        "S3_ACCESS_KEY_ID", summary: "access key of the S3 store; needed with STORAGE_PROVIDER=s3"
    ).optional
    package static let secretKey = ConfigurationKey<String>(
        "S3_SECRET_ACCESS_KEY", summary: "secret of that access key", secret: true
    ).optional
    package static let connectionString = ConfigurationKey<String>(
        "AZURE_STORAGE_CONNECTION_STRING", summary: "Azure storage account; needed with STORAGE_PROVIDER=azure",
        secret: true
    ).optional
    package static let container = ConfigurationKey<String>(
        "AZURE_STORAGE_CONTAINER", summary: "container of pictures", default: "darkroom")

    /// The keys a function declares that uses the object store.
    package static let environment: [any ConfigurationKeyProtocol] = [
        provider, endpoint, publicEndpoint, region, bucket, accessKey, secretKey, connectionString, container,
    ]

    /// - Throws: `ConfigurationProblem` that names the missing key; `ObjectStorageError` for one that cannot work.
    package static func read(_ configuration: Configuration) throws -> ObjectStorageConfiguration {
        switch try configuration[provider] {
        case .s3:
            .s3(
                try S3Configuration(
                    endpoint: try configuration[endpoint], publicEndpoint: try configuration[publicEndpoint],
                    region: try configuration[region], bucket: try configuration[bucket],
                    accessKeyID: try needed(accessKey, configuration),
                    secretAccessKey: try needed(secretKey, configuration)))
        case .azure:
            .azure(
                try AzureConfiguration(
                    connectionString: try needed(connectionString, configuration),
                    container: try configuration[container]))
        }
    }

    private static func needed(
        _ key: ConfigurationKey<String?>, _ configuration: Configuration
    ) throws(ConfigurationProblem) -> String {
        guard let value = try configuration[key] else {
            throw ConfigurationProblem(name: key.name, message: "\(key.name) is missing: \(key.summary)")
        }
        return value
    }
}
